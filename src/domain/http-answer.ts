import type { FailureCategory } from '../contracts/enums.ts';

interface Meaning {
  category: FailureCategory;
  /** A sentence: whose fault it is, and what to do. */
  advice: string;
}

/** The same request would be refused again, whatever the server's state. */
const WRONG_REQUEST: ReadonlySet<number> = new Set([400, 405, 406, 411, 413, 414, 415, 416, 417, 422, 431]);
const LOGIN: ReadonlySet<number> = new Set([401, 403, 407]);

const ofSuccess = (status: number, isRead: boolean): Meaning => ({
  // Done is done: a retry would do it a second time.
  category: isRead ? 'command_execution' : 'configuration',
  advice: `The server has done it: if ${status} is right, add it to expectedStatusCodes${isRead ? '' : '; it is not sent again'}.`,
});

const REDIRECT: Meaning = {
  category: 'configuration',
  advice: 'Redirects are not followed: give the action the address that the server redirects to (its header Location).',
};
const REFUSED: Meaning = {
  category: 'authentication',
  advice:
    'The server refuses the login, or what it may do: check the credential of the method (or the headers of the action) and its rights.',
};
const WRONG: Meaning = {
  category: 'configuration',
  advice: 'The server finds the request wrong: correct method, url, headers or body of the action.',
};
const NOT_FOUND: Meaning = {
  category: 'command_execution',
  advice: 'The server has nothing at this address, or not yet: check the url of the action and the base_path of the method.',
};
const TOO_MANY: Meaning = { category: 'command_execution', advice: 'The server gets too many requests: send fewer, or try later.' };
const STATE: Meaning = {
  category: 'command_execution',
  advice: 'The state of what the request is about does not allow it: look at it on the server, and at the answer.',
};
const BROKEN: Meaning = {
  category: 'command_execution',
  advice: 'The server (or a proxy before it) failed, not the request: see its log. A part of the work may be done.',
};

/** What a status means that an action did not expect. @param method of the request */
export const meaningOfStatus = (status: number, method: string): Meaning => {
  if (status < 300) return ofSuccess(status, method === 'GET' || method === 'HEAD');
  if (status < 400) return REDIRECT;
  if (LOGIN.has(status)) return REFUSED;
  if (WRONG_REQUEST.has(status)) return WRONG;
  if (status === 404 || status === 410) return NOT_FOUND;
  if (status === 429) return TOO_MANY;
  return status < 500 ? STATE : BROKEN;
};
