import { createHmac, randomBytes } from 'node:crypto';
import { responseKey } from '../../src/transports/winrm/ntlm.ts';
import { createNtlmSeal } from '../../src/transports/winrm/ntlm-seal.ts';
import type { NtlmSeal } from '../../src/transports/winrm/ntlm-seal.ts';
import { createRc4 } from '../../src/transports/winrm/rc4.ts';

const FLAGS = 0xe28a8235;
const hmac = (key: Buffer, ...parts: Buffer[]): Buffer => {
  const mac = createHmac('md5', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

const pair = (id: number, value: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, value]);
};

/** One login of one connection, on the side of the server. */
export interface NtlmServerLogin {
  challenge(negotiate: Buffer): Buffer;
  /** The seal of the connection; undefined when the user or the password is not one of `users`, or something was changed on the way. */
  accept(authenticate: Buffer, channelBindings: Buffer | undefined): NtlmSeal | undefined;
}

const challengeMessage = (serverChallenge: Buffer): Buffer => {
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE((BigInt(Date.now()) + 11_644_473_600_000n) * 10_000n);
  const name = Buffer.from('DOUBLE', 'utf16le');
  const info = Buffer.concat([pair(2, name), pair(1, name), pair(7, time), pair(0, Buffer.alloc(0))]);
  const message = Buffer.alloc(56);
  message.write('NTLMSSP\0', 'latin1');
  message.writeUInt32LE(2, 8);
  message.writeUInt16LE(name.length, 12);
  message.writeUInt16LE(name.length, 14);
  message.writeUInt32LE(56, 16);
  message.writeUInt32LE(FLAGS, 20);
  serverChallenge.copy(message, 24);
  message.writeUInt16LE(info.length, 40);
  message.writeUInt16LE(info.length, 42);
  message.writeUInt32LE(56 + name.length, 44);
  Buffer.from([10, 0, 0, 0, 0, 0, 0, 15]).copy(message, 48);
  return Buffer.concat([message, name, info]);
};

/** The value of an AV pair of the client's blob. */
const avPair = (blob: Buffer, wanted: number): Buffer | undefined => {
  for (let at = 28; at + 4 <= blob.length; at += 4 + blob.readUInt16LE(at + 2)) {
    if (blob.readUInt16LE(at) === wanted) return blob.subarray(at + 4, at + 4 + blob.readUInt16LE(at + 2));
    if (blob.readUInt16LE(at) === 0) return undefined;
  }
  return undefined;
};

export const createNtlmServerLogin = (users: Readonly<Record<string, string>>): NtlmServerLogin => {
  const serverChallenge = randomBytes(8);
  let messages = Buffer.alloc(0);
  return {
    challenge(negotiate) {
      const challenge = challengeMessage(serverChallenge);
      messages = Buffer.concat([negotiate, challenge]);
      return challenge;
    },
    accept(authenticate, channelBindings) {
      const field = (at: number): Buffer => {
        const start = authenticate.readUInt32LE(at + 4);
        return authenticate.subarray(start, start + authenticate.readUInt16LE(at));
      };
      const response = field(20);
      const user = field(36).toString('utf16le');
      const password = users[user];
      if (password === undefined || response.length < 44) return undefined;
      const key = responseKey({ domain: field(28).toString('utf16le'), user, password });
      const proof = hmac(key, serverChallenge, response.subarray(16));
      if (!proof.equals(response.subarray(0, 16))) return undefined;
      const sessionKey = createRc4(hmac(key, proof))(field(52));
      const withoutMic = Buffer.from(authenticate);
      withoutMic.fill(0, 72, 88);
      if (!hmac(sessionKey, messages, withoutMic).equals(authenticate.subarray(72, 88))) return undefined;
      const bound = avPair(response.subarray(16), 10);
      if (channelBindings !== undefined && bound?.equals(channelBindings) !== true) return undefined;
      return createNtlmSeal(sessionKey, 'server');
    },
  };
};
