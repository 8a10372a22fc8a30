import { OpsError } from './ops-error.ts';

/**
 * Output of an action in which secrets were masked. It is for people; as a value it would be wrong without a word: the path `/opt/test-1` may have
 * become `/opt/********-1`.
 */
export class MaskedText {
  readonly #action: string;
  readonly #what: 'output' | 'error';

  /** @param action as people call it, such as `action 2 (find version)` */
  constructor(action: string, what: 'output' | 'error') {
    this.#action = action;
    this.#what = what;
  }

  /** Why it cannot be used. @param reference as it stands in the text */
  refusal(reference: string): OpsError {
    return new OpsError(
      'OUTPUT_MASKED',
      `${reference} cannot be used: the ${this.#what} of ${this.#action} holds a secret of this branch, which is stored masked (********) and not as ` +
        'it was. Nothing ran with the masked text. Let that action print only what is needed (not the secret itself), or take a secret that is no ordinary ' +
        'word: each place where its text appears is masked.',
    );
  }
}
