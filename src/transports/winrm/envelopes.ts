import { escapeXml } from './xml.ts';

const SHELL = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell';
const CMD = `${SHELL}/cmd`;
const TRANSFER = 'http://schemas.xmlsoap.org/ws/2004/09/transfer';
const MAX_ENVELOPE_BYTES = 153_600;
const IDENTIFY = 'http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd';

/** After this long without a request, the target closes a shell and ends what runs in it: that is how a dead worker is noticed there. */
const SHELL_IDLE_SECONDS = 900;
/** The target answers after this long at the latest, with nothing when there is nothing. */
export const OPERATION_TIMEOUT_SECONDS = 20;

interface Header {
  action: string;
  shellId?: string;
  options?: Readonly<Record<string, string>>;
}

/** Where a message goes, and its id. */
export interface Address {
  url: string;
  messageId: string;
}

const optionSet = (options: Readonly<Record<string, string>>): string => {
  const items = Object.entries(options).map(([name, value]) => `<w:Option Name="${name}">${escapeXml(value)}</w:Option>`);
  return items.length === 0 ? '' : `<w:OptionSet>${items.join('')}</w:OptionSet>`;
};

const selector = (shellId: string | undefined): string =>
  shellId === undefined ? '' : `<w:SelectorSet><w:Selector Name="ShellId">${escapeXml(shellId)}</w:Selector></w:SelectorSet>`;

const envelope = ({ url, messageId }: Address, { action, shellId, options = {} }: Header, body: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>` +
  `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" ` +
  `xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" xmlns:rsp="${SHELL}">` +
  `<s:Header><a:To>${escapeXml(url)}</a:To>` +
  `<a:ReplyTo><a:Address s:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>` +
  `<w:MaxEnvelopeSize s:mustUnderstand="true">${MAX_ENVELOPE_BYTES}</w:MaxEnvelopeSize><a:MessageID>uuid:${messageId}</a:MessageID>` +
  `<w:Locale s:mustUnderstand="false" xml:lang="en-US"/><p:DataLocale s:mustUnderstand="false" xml:lang="en-US"/>` +
  `<w:OperationTimeout>PT${OPERATION_TIMEOUT_SECONDS}S</w:OperationTimeout><w:ResourceURI s:mustUnderstand="true">${CMD}</w:ResourceURI>` +
  `<a:Action s:mustUnderstand="true">${action}</a:Action>${selector(shellId)}${optionSet(options)}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;

/** Who are you? Needs a login, and changes nothing. */
export const identifyMessage = (): string =>
  `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:i="${IDENTIFY}">` +
  `<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>`;

/** A shell whose programs speak UTF-8. */
export const createMessage = (address: Address): string =>
  envelope(
    address,
    { action: `${TRANSFER}/Create`, options: { WINRS_NOPROFILE: 'FALSE', WINRS_CODEPAGE: '65001' } },
    `<rsp:Shell><rsp:IdleTimeOut>PT${SHELL_IDLE_SECONDS}S</rsp:IdleTimeOut><rsp:InputStreams>stdin</rsp:InputStreams>` +
      `<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>`,
  );

/** Runs a line by cmd.exe. Its input is a pipe, which takes any bytes and has an end; a console would change them. */
export const commandMessage = (address: Address, shellId: string, commandLine: string): string =>
  envelope(
    address,
    { action: `${SHELL}/Command`, shellId, options: { WINRS_CONSOLEMODE_STDIN: 'FALSE', WINRS_SKIP_CMD_SHELL: 'FALSE' } },
    `<rsp:CommandLine><rsp:Command>${escapeXml(commandLine)}</rsp:Command></rsp:CommandLine>`,
  );

export const sendMessage = (address: Address, shellId: string, commandId: string, chunk: Buffer, isLast: boolean): string =>
  envelope(
    address,
    { action: `${SHELL}/Send`, shellId },
    `<rsp:Send><rsp:Stream Name="stdin" CommandId="${escapeXml(commandId)}"${isLast ? ' End="true"' : ''}>${chunk.toString('base64')}</rsp:Stream></rsp:Send>`,
  );

export const receiveMessage = (address: Address, shellId: string, commandId: string): string =>
  envelope(
    address,
    { action: `${SHELL}/Receive`, shellId },
    `<rsp:Receive><rsp:DesiredStream CommandId="${escapeXml(commandId)}">stdout stderr</rsp:DesiredStream></rsp:Receive>`,
  );

/** `terminate` ends the program. */
export const signalMessage = (address: Address, shellId: string, commandId: string): string =>
  envelope(
    address,
    { action: `${SHELL}/Signal`, shellId },
    `<rsp:Signal CommandId="${escapeXml(commandId)}"><rsp:Code>${SHELL}/signal/terminate</rsp:Code></rsp:Signal>`,
  );

/** Closes a shell; Windows ends whatever still runs in it. */
export const deleteMessage = (address: Address, shellId: string): string =>
  envelope(address, { action: `${TRANSFER}/Delete`, shellId }, '');
