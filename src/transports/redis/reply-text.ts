import { isUtf8 } from 'node:buffer';
import { ErrorReply } from '@redis/client';

/** Replies come with texts as bytes and whole numbers as their digits, so nothing of them is lost. */
const textJson = (bytes: Buffer): string =>
  isUtf8(bytes) ? JSON.stringify(bytes.toString()) : JSON.stringify({ $base64: bytes.toString('base64') });

/** A reply as JSON; bytes that are no UTF-8 as `{"$base64": …}`, an error within a reply as `{"$error": …}`. */
export const replyText = (reply: unknown): string => {
  if (Buffer.isBuffer(reply)) return textJson(reply);
  if (typeof reply === 'string') return reply;
  if (Array.isArray(reply)) return `[${reply.map(replyText).join(',')}]`;
  if (reply instanceof ErrorReply) return JSON.stringify({ $error: reply.message });
  return JSON.stringify(reply ?? null);
};
