import { buffer } from 'node:stream/consumers';
import type { z } from 'zod';
import { EmailAction } from '../../../contracts/actions/email.ts';
import type { Mail } from '../../../contracts/transport.ts';
import { readArtifact } from '../../../db/artifacts.ts';
import { parseMailAddress } from '../../../domain/mail-address.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { render } from '../render.ts';
import { able, completed } from './action-handler.ts';
import type { ActionHandler, ActionRun } from './action-handler.ts';
import { artifactOf } from './transfer-source.ts';

const Parameters = EmailAction.shape.action_parameters;

const renderText = (run: ActionRun, text: string): string => render(run, text, 'plain');

/** A header is one line, whatever a variable holds. */
const renderLine = (run: ActionRun, text: string, field: string): string => {
  const line = renderText(run, text);
  if (!/\p{Cc}/u.test(line)) return line;
  throw new OpsError(
    'VALIDATION',
    `The ${field} of the mail holds a line break or another control character. Look at the variables in it.`,
  );
};

const renderAddress = (run: ActionRun, text: string, field: string): string => {
  const address = renderText(run, text);
  parseMailAddress(address, field);
  return address;
};

/** The same for every delivery, whatever its texts have become meanwhile, so that a mail server that sees it twice can tell. */
const messageId = (deliveryKey: string): string => `<${deliveryKey.replaceAll(/[^A-Za-z0-9-]+/g, '.')}@opsconductor>`;

type Attachment = z.infer<typeof Parameters>['attachments'][number];

/** Mail servers take some 25 MB in all, and Base64 makes a third more of it. */
const MOST_BYTES = 16_777_216;

const contentOf = async (run: ActionRun, { filename, content, content_base64: base64, artifact }: Attachment): Promise<Buffer> => {
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  if (artifact === undefined) return Buffer.from(renderText(run, content ?? ''));
  const stored = await artifactOf(run, artifact);
  if (stored.bytes <= MOST_BYTES) return buffer(readArtifact(run.deps.db, stored));
  throw new OpsError(
    'VALIDATION',
    `The attachment ${filename} would have ${stored.bytes} bytes, and ${MOST_BYTES} is the most that a mail takes. Nothing was sent; send a link to it.`,
  );
};

const attach = async (run: ActionRun, attachment: Attachment): Promise<Mail['attachments'][number]> => ({
  filename: renderLine(run, attachment.filename, 'file name'),
  contentType: attachment.content_type,
  content: await contentOf(run, attachment),
});

const renderMail = async (run: ActionRun): Promise<Mail> => {
  const { from, to, cc, bcc, subject, body, html, attachments } = Parameters.parse(run.action.parameters);
  const mail = {
    from: from === undefined ? undefined : renderAddress(run, from, 'from'),
    to: to.map((text) => renderAddress(run, text, 'to')),
    cc: cc.map((text) => renderAddress(run, text, 'cc')),
    bcc: bcc.map((text) => renderAddress(run, text, 'bcc')),
    subject: renderLine(run, subject, 'subject'),
    text: renderText(run, body),
    html: html === undefined ? undefined : renderText(run, html),
    attachments: await Promise.all(attachments.map((attachment) => attach(run, attachment))),
  };
  return { ...mail, id: messageId(run.deliveryKey) };
};

/** A mail through the target's smtp method. Some recipients refused: the others have got it, and the action has failed. */
export const sendEmail: ActionHandler = async (run) => {
  const { action, connect, note, signal } = run;
  const mail = await renderMail(run);
  const session = await connect();
  const { accepted, rejected, response } = await able(session, 'send', action)(mail, signal);
  note('info', 'action_execution', 'communication', `Mail ${mail.id} was accepted for ${accepted.join(', ')}.`);
  if (rejected.length === 0) {
    await run.output('stdout', Buffer.from(`${response}\n`));
    return completed();
  }
  return {
    // Not the target's fault, which a retry might mend: that would send it again to those who have it.
    outcome: { status: 'failed', exitCode: null, failureCategory: 'configuration', errorCode: 'MAIL_REFUSED' },
    errorText: `The mail was sent to ${accepted.join(', ')}, but the server refused ${response}. It is not sent again, as some have it: correct the recipients, or send it to the others.`,
  };
};
