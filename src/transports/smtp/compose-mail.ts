import MailComposer from 'nodemailer/lib/mail-composer';
import type { Mail } from '../../contracts/transport.ts';
import { parseMailAddress } from '../../domain/mail-address.ts';
import { OpsError } from '../../domain/ops-error.ts';

/** A mail as it goes over the wire, and who sends it to whom. */
export interface ComposedMail {
  from: string;
  to: string[];
  message: Buffer;
}

/**
 * Writes a mail in the form of RFC 5322. Addresses are parsed here and go on as pairs of name and address: nothing else reads their text.
 * @param defaultFrom of the method
 * @throws OpsError VALIDATION: an address is none, or nobody is named as sender.
 */
export const composeMail = async (mail: Mail, defaultFrom: string | undefined): Promise<ComposedMail> => {
  const sender = mail.from ?? defaultFrom;
  if (sender === undefined)
    throw new OpsError('VALIDATION', 'The mail has no sender. Give the action a `from`, or the smtp method of the target.');
  const from = parseMailAddress(sender, 'from');
  const all = (texts: readonly string[], field: string) => texts.map((text) => parseMailAddress(text, field));
  const [to, cc, bcc] = [all(mail.to, 'to'), all(mail.cc, 'cc'), all(mail.bcc, 'bcc')];
  const composer = new MailComposer({
    from,
    to,
    cc,
    subject: mail.subject.replaceAll(/[\r\n]+/g, ' '),
    text: mail.text,
    ...(mail.html === undefined ? {} : { html: mail.html }),
    attachments: mail.attachments.map(({ filename, contentType, content }) => ({ filename, contentType, content })),
    messageId: mail.id,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    from: from.address,
    to: [...new Set([...to, ...cc, ...bcc].map(({ address }) => address))],
    message: await composer.compile().build(),
  };
};
