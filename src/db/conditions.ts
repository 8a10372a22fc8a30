/** Conditions of a statement that are there only when they are asked for, so that the planner sees no others. */
export interface Conditions {
  /** Values of the placeholders, in order. */
  readonly bind: unknown[];
  /** Joined by AND; `true` when there are none. */
  readonly sql: string;
  /** Adds a condition about a value, unless that is undefined. `condition` gets the placeholder of the value. */
  add(value: unknown, condition: (placeholder: string) => string): void;
}

/** @param first values that the statement names itself, as $1 … */
export const createConditions = (first: readonly unknown[] = []): Conditions => {
  const bind = [...first];
  const all: string[] = [];
  return {
    bind,
    get sql() {
      return all.length === 0 ? 'true' : all.join(' AND ');
    },
    add(value, condition) {
      if (value === undefined) return;
      all.push(condition(`$${bind.push(value)}`));
    },
  };
};

/** A text as LIKE finds it, whatever characters it has. */
export const likeText = (text: string): string => text.replaceAll(/[\\%_]/g, String.raw`\$&`);
