import { endpointsOf, refName } from './openapi.ts';
import type { Body, Document, Endpoint, Operation, Parameter, Schema } from './openapi.ts';
import { comment, keyText, pageItem, typeOf, wholeOf } from './schema-type.ts';

/** These have their own place: the key is made when none is given, streams are resumed by the client. */
const OWN_HEADERS = ['idempotency-key', 'last-event-id'];

const capitalized = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
const camelCase = (name: string): string =>
  name.toLowerCase().replace(/[^a-z0-9]+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const parametersIn = (place: Parameter['in'], { parameters = [] }: Operation): Parameter[] => parameters.filter((one) => one.in === place);
const ownHeaders = (operation: Operation): Parameter[] =>
  parametersIn('header', operation).filter(({ name }) => !OWN_HEADERS.includes(name.toLowerCase()));
const takesKey = (operation: Operation): boolean =>
  parametersIn('header', operation).some(({ name }) => name.toLowerCase() === 'idempotency-key');

type AnswerKind = 'json' | 'nothing' | 'events' | 'lines' | 'bytes';

interface Answer {
  kind: AnswerKind;
  type: string;
  /** What a page holds, or is read: what of it is shown, `fields` says. */
  item?: string | undefined;
  isPage?: boolean;
}

const EVENTS = 'text/event-stream';
const LINES = 'application/x-ndjson';
const JSON_TYPE = 'application/json';
const isJson = (type: string): boolean => /^application\/(?:[\w.-]+\+)?json$/.test(type);

const resolved = (document: Document, schema: Schema | undefined): Schema | undefined =>
  schema?.$ref === undefined ? schema : document.components.schemas[refName(schema.$ref)];

const eventName = ({ operationId }: Operation): string => `${capitalized(operationId)}Event`;

/** The union of the events of a stream, by name. */
const eventsDeclaration = (operation: Operation): string => {
  const known = Object.entries(operation['x-events'] ?? {}).map(([name, schema]) => `  | ServerEvent<'${name}', ${typeOf(schema, '  ')}>`);
  return `export type ${eventName(operation)} =${known.length === 0 ? ' ServerEvent' : `\n${known.join('\n')}`};\n`;
};

const answerOf = (document: Document, operation: Operation): Answer => {
  const successes = Object.entries(operation.responses).flatMap(([status, body]): Body[] => (status.startsWith('2') ? [body] : []));
  const contents = successes.flatMap(({ content = {} }) => Object.entries(content));
  const types = new Set(contents.map(([type]) => type));
  const typesOf = (isWanted: (type: string) => boolean): string =>
    [...new Set(contents.flatMap(([type, { schema = {} }]) => (isWanted(type) ? [typeOf(schema)] : [])))].join(' | ');
  if (types.size === 0) return { kind: 'nothing', type: 'void' };
  if (types.has(EVENTS)) return { kind: 'events', type: eventName(operation) };
  // What is to be had line by line as well comes so: nobody need wait for the end, or hold all of it.
  if (types.has(LINES) && [...types].every((type) => type === LINES || isJson(type))) {
    const type = typesOf((one) => one === LINES);
    // Declared as text; each line is JSON all the same.
    return { kind: 'lines', type: type === 'string' ? 'unknown' : type };
  }
  if ([...types].every(isJson)) {
    const page = contents
      .map(([, { schema }]) => resolved(document, schema))
      .find((schema) => schema !== undefined && pageItem(schema) !== undefined);
    const hasFields = parametersIn('query', operation).some(({ name }) => name === 'fields');
    const whole = contents.map(([, { schema = {} }]) => wholeOf(schema)).find((name) => name !== undefined);
    const item = page === undefined ? whole : pageItem(page);
    return { kind: 'json', type: typesOf(isJson), item: hasFields ? item : undefined, isPage: page !== undefined };
  }
  return { kind: 'bytes', type: 'Uint8Array' };
};

/** Statuses of failure that are answered with what success is: `/readyz` says what is wrong in the same words. */
const alsoAnswers = ({ responses }: Operation): string[] => {
  const refOf = (body: Body | undefined): string | undefined => body?.content?.[JSON_TYPE]?.schema?.$ref;
  const wanted = refOf(responses['200']);
  return Object.keys(responses).filter((status) => !status.startsWith('2') && wanted !== undefined && refOf(responses[status]) === wanted);
};

const bodyOf = ({ requestBody }: Operation): { kind: string; type: string; isRequired: boolean } | undefined => {
  const contents = Object.entries(requestBody?.content ?? {});
  const [first] = contents;
  if (first === undefined) return undefined;
  const [kind, { schema = {} }] = contents.find(([type]) => type === JSON_TYPE) ?? first;
  const isRequired = requestBody?.required === true;
  if (kind !== JSON_TYPE) return { kind, type: 'Blob', isRequired };
  return { kind: 'json', type: contents.length === 1 ? typeOf(schema) : `${typeOf(schema)} | Blob`, isRequired };
};

interface Option {
  name: string;
  type: string;
  isRequired: boolean;
  description: string | undefined;
}

/** `Prefer: wait=SECONDS` is the only preference that there is. */
const headerOption = ({ name, description, required = false }: Parameter): Option =>
  name.toLowerCase() === 'prefer'
    ? { name: 'wait', type: 'number', isRequired: false, description: 'Seconds that the answer is held back at most, until it has ended.' }
    : { name: camelCase(name), type: 'string', isRequired: required, description };

const optionsOf = (operation: Operation, hasItem: boolean): Option[] => [
  ...parametersIn('query', operation).map(({ name, required = false, description, schema = {} }) => ({
    name,
    type: hasItem && name === 'fields' ? 'readonly Field[]' : typeOf(schema),
    isRequired: required,
    description,
  })),
  ...ownHeaders(operation).map(headerOption),
];

const baseOptions = (operation: Operation, kind: AnswerKind): string => {
  if (kind === 'events') return 'EventOptions';
  return takesKey(operation) ? 'KeyedOptions' : 'CallOptions';
};

/** The types of one operation: its options, if it has some of its own, and its method. */
const typesOf = (document: Document, { method, path, operation }: Endpoint): { options: string; signature: string } => {
  const answer = answerOf(document, operation);
  const hasItem = answer.item !== undefined;
  const own = optionsOf(operation, hasItem);
  const base = baseOptions(operation, answer.kind);
  const name = own.length === 0 ? base : `${capitalized(operation.operationId)}Options`;
  const lines = own.map(
    (option) =>
      `${comment([option.description], '  ')}  ${keyText(option.name)}${option.isRequired ? '' : '?'}: ${option.type}${option.isRequired ? '' : ' | undefined'};\n`,
  );
  const field = hasItem ? `<Field extends keyof ${answer.item} = keyof ${answer.item}>` : '';
  // Of a list they are kept for calls of several lists.
  const parameter = hasItem && answer.isPage === true ? '<Field extends string = string>' : field;
  const events = answer.kind === 'events' ? eventsDeclaration(operation) : '';
  const options = own.length === 0 ? events : `${events}export interface ${name}${parameter} extends ${base} {\n${lines.join('')}}\n`;
  const body = bodyOf(operation);
  const mustHave = own.some(({ isRequired }) => isRequired);
  const optionsType = hasItem ? `${name}<Field>` : name;
  const parameters = [
    ...parametersIn('path', operation).map((one) => `${camelCase(one.name)}: string`),
    // A required parameter may not follow one that is optional.
    ...(body === undefined
      ? []
      : [`body${body.isRequired || mustHave ? '' : '?'}: ${body.type}${body.isRequired || !mustHave ? '' : ' | undefined'}`]),
    `options${mustHave ? '' : '?'}: ${optionsType}`,
  ];
  const picked = `Pick<${answer.item}, Field>`;
  const shown = answer.isPage === true ? `Page<${picked}>` : picked;
  const result: Readonly<Record<AnswerKind, string>> = {
    json: `Promise<${hasItem ? shown : answer.type}>`,
    nothing: 'Promise<void>',
    events: `AsyncGenerator<${answer.type}, void, undefined>`,
    lines: `AsyncGenerator<${answer.type}, void, undefined>`,
    bytes: 'Promise<AsyncIterable<Uint8Array>>',
  };
  const doc = comment(
    [
      `${operation.summary ?? operation.operationId}.`,
      `\`${method} ${path}\`, permission: ${operation['x-permission'] ?? 'not declared'}.`,
      operation.description,
    ],
    '  ',
  );
  return { options, signature: `${doc}  ${operation.operationId}${field}(${parameters.join(', ')}): ${result[answer.kind]};\n` };
};

/** What the client has to know of an operation when it runs. */
const shapeOf = (document: Document, { method, path, operation }: Endpoint): string => {
  const query = parametersIn('query', operation).map(({ name }) => name);
  const headers = ownHeaders(operation).map(({ name }) => name.toLowerCase());
  const events = Object.keys(operation['x-events'] ?? {});
  const body = bodyOf(operation);
  const also = alsoAnswers(operation);
  const names = (all: readonly string[]): string => `[${all.map((name) => `'${name}'`).join(', ')}]`;
  const parts = [
    `method: '${method}'`,
    `path: '${path}'`,
    ...(query.length === 0 ? [] : [`query: ${names(query)}`]),
    ...(headers.length === 0 ? [] : [`headers: ${names(headers)}`]),
    ...(takesKey(operation) ? ['takesKey: true'] : []),
    ...(body === undefined ? [] : [`body: '${body.kind}'`]),
    `answer: '${answerOf(document, operation).kind}'`,
    ...(events.length === 0 ? [] : [`events: ${names(events)}`]),
    ...(also.length === 0 ? [] : [`alsoAnswers: [${also.join(', ')}]`]),
  ];
  return `  ${operation.operationId}: { ${parts.join(', ')} },\n`;
};

const CALL_TYPES = ['CallOptions', 'EventOptions', 'KeyedOptions', 'OperationShape', 'ServerEvent'];

const imports = (text: string, names: readonly string[], from: string): string => {
  const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(text)).toSorted();
  return used.length === 0 ? '' : `import type {\n${used.map((name) => `  ${name},\n`).join('')}} from '${from}';\n`;
};

/** src/client/generated/operations.ts: a method for each operation, and the table from which the client makes them. */
export const operationsText = (document: Document, head: string): string => {
  const endpoints = endpointsOf(document);
  const types = endpoints.map((endpoint) => typesOf(document, endpoint));
  const options = types.flatMap((one) => (one.options === '' ? [] : [one.options])).join('\n');
  const methods = `/** The operations of the API. All reject with ApiError. */\nexport interface Operations {\n${types.map(({ signature }) => signature).join('')}}\n`;
  const table = `/** Where each operation is and what it takes. */\nexport const OPERATIONS = {\n${endpoints
    .map((endpoint) => shapeOf(document, endpoint))
    .join('')}} as const satisfies Record<keyof Operations, OperationShape>;\n`;
  const code = `${options}\n${methods}`.replaceAll(/\/\*\*[\s\S]*?\*\//g, '');
  const all = [
    imports(`${code}${table}`, CALL_TYPES, '../call-options.ts'),
    imports(code, ['Page'], '../page.ts'),
    imports(code, Object.keys(document.components.schemas), './schemas.ts'),
  ];
  return [`${head}${all.join('')}`, options, methods, table].join('\n');
};
