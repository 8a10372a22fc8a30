import { escapeXml, findAll, findFirst } from '../../src/transports/winrm/xml.ts';
import type { XmlElement } from '../../src/transports/winrm/xml.ts';
import type { Shells, ShellCommand } from './winrm-shells.ts';

const SHELL = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell';
const LARGEST_OUTPUT_BYTES = 100_000;

export interface Fault {
  code: number;
  subcode: string;
  text: string;
}

export interface SoapAnswer {
  status: number;
  text: string;
}

export const faultAnswer = ({ code, subcode, text }: Fault): SoapAnswer => ({
  status: 500,
  text:
    `<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header/>` +
    `<s:Body><s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:${subcode}</s:Value></s:Subcode></s:Code>` +
    `<s:Reason><s:Text xml:lang="en-US">${escapeXml(text)}</s:Text></s:Reason><s:Detail>` +
    `<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="${code}" Machine="double"><f:Message>${escapeXml(text)}</f:Message></f:WSManFault>` +
    `</s:Detail></s:Fault></s:Body></s:Envelope>`,
});

const NO_SHELL: Fault = {
  code: 2_150_858_843,
  subcode: 'InvalidSelectors',
  text: 'The request for the Windows Remote Shell failed because the shell was not found on the server.',
};
const NOTHING_YET: Fault = {
  code: 2_150_858_793,
  subcode: 'TimedOut',
  text: 'The WS-Management service cannot complete the operation within the time specified.',
};

const answer = (messageId: string, body: string): SoapAnswer => ({
  status: 200,
  text:
    `<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:rsp="${SHELL}">` +
    `<s:Header><a:RelatesTo>${escapeXml(messageId)}</a:RelatesTo></s:Header><s:Body>${body}</s:Body></s:Envelope>`,
});

export const bodyAnswer = (body: string): SoapAnswer => answer('any', body);

const IDENTITY =
  '<i:IdentifyResponse xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><i:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</i:ProtocolVersion>' +
  '<i:ProductVendor>Double</i:ProductVendor><i:ProductVersion>OS: 0.0 Stack: 3.0</i:ProductVersion></i:IdentifyResponse>';

const take = (command: ShellCommand): { stream: string; data: Buffer }[] => {
  const taken = [];
  let bytes = 0;
  for (let next = command.output.shift(); next !== undefined; next = bytes < LARGEST_OUTPUT_BYTES ? command.output.shift() : undefined) {
    taken.push(next);
    bytes += next.data.length;
  }
  return taken;
};

/** Waits as long as the poll may, and answers what there is. */
const receive = async (
  messageId: string,
  commandId: string,
  command: ShellCommand,
  pollMs: number,
  isGone: () => boolean,
): Promise<SoapAnswer | undefined> => {
  if (command.output.length === 0 && command.exitCode === undefined) {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, pollMs);
    await Promise.race([command.changed.promise, late.promise]);
    clearTimeout(timer);
  }
  if (isGone()) return undefined;
  if (command.output.length === 0 && command.exitCode === undefined) return faultAnswer(NOTHING_YET);
  const streams = take(command).map(
    ({ stream, data }) => `<rsp:Stream Name="${stream}" CommandId="${commandId}">${data.toString('base64')}</rsp:Stream>`,
  );
  const isDone = command.exitCode !== undefined && command.output.length === 0;
  const state = isDone
    ? `<rsp:CommandState CommandId="${commandId}" State="${SHELL}/CommandState/Done"><rsp:ExitCode>${command.exitCode}</rsp:ExitCode></rsp:CommandState>`
    : `<rsp:CommandState CommandId="${commandId}" State="${SHELL}/CommandState/Running"/>`;
  return answer(messageId, `<rsp:ReceiveResponse>${streams.join('')}${state}</rsp:ReceiveResponse>`);
};

const commandLineOf = (request: XmlElement): string =>
  [findFirst(request, 'Command'), ...findAll(request, 'Arguments')].map((element) => element?.text ?? '').join(' ');

/** Name of what a message asks for: Create, Command, Send, Receive, Signal, Delete, Identify. */
export const actionOf = (request: XmlElement): string =>
  findFirst(request, 'Identify') === undefined ? (/\w+$/.exec(findFirst(request, 'Action')?.text.trim() ?? '')?.[0] ?? '') : 'Identify';

/** Does what a message asks for; undefined when nobody waits for the answer any more. */
export const serve = async (
  shells: Shells,
  request: XmlElement,
  pollMs: number,
  isGone: () => boolean,
): Promise<SoapAnswer | undefined> => {
  const action = actionOf(request);
  const messageId = findFirst(request, 'MessageID')?.text ?? '';
  if (action === 'Identify') return answer(messageId, IDENTITY);
  if (action === 'Create') {
    const id = shells.create();
    return answer(
      messageId,
      `<rsp:Shell><rsp:ShellId>${id}</rsp:ShellId></rsp:Shell><w:SelectorSet><w:Selector Name="ShellId">${id}</w:Selector></w:SelectorSet>`,
    );
  }
  const shellId = findAll(request, 'Selector').find(({ attributes }) => attributes['Name'] === 'ShellId')?.text ?? '';
  const shell = shells.open.get(shellId);
  if (shell === undefined) return faultAnswer(NO_SHELL);
  if (action === 'Delete') {
    shells.delete(shellId);
    return answer(messageId, '');
  }
  if (action === 'Command') {
    const commandId = shells.run(shellId, undefined, commandLineOf(request));
    return answer(messageId, `<rsp:CommandResponse><rsp:CommandId>${commandId}</rsp:CommandId></rsp:CommandResponse>`);
  }
  const place = findFirst(request, 'Stream') ?? findFirst(request, 'DesiredStream') ?? findFirst(request, 'Signal');
  const commandId = place?.attributes['CommandId'] ?? '';
  const command = shell.get(commandId);
  if (command === undefined) return faultAnswer({ code: 2_150_858_799, subcode: 'InternalError', text: 'no such command' });
  if (action === 'Receive') return receive(messageId, commandId, command, pollMs, isGone);
  if (action === 'Signal') {
    command.child.kill('SIGKILL');
    return answer(messageId, '<rsp:SignalResponse/>');
  }
  const { stdin } = command.child;
  const data = Buffer.from(place?.text ?? '', 'base64');
  if (command.exitCode !== undefined || stdin.destroyed)
    return faultAnswer({ code: 232, subcode: 'InternalError', text: 'The pipe is being closed.' });
  if (data.length > 0) await new Promise((resolve) => stdin.write(data, resolve));
  if (place?.attributes['End'] === 'true') stdin.end();
  return answer(messageId, '<rsp:SendResponse/>');
};
