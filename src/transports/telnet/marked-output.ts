/** A part of what a program wrote, and what stood between the second boundary and its line's end. */
interface Part {
  text: Buffer;
  end: string | undefined;
}

const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);

/** How many of the last bytes may be the beginning of the boundary. */
const heldLength = (bytes: Buffer, boundary: string): number => {
  const longest = Math.min(bytes.length, boundary.length - 1);
  const tail = bytes.toString('latin1', bytes.length - longest);
  for (let length = longest; length > 0; length -= 1) if (tail.endsWith(boundary.slice(0, length))) return length;
  return 0;
};

/** Gives what stands between two boundaries as it comes, holding back no more than a boundary may need, and then what follows the second on its line. */
export const createMarkedOutput = (boundary: string): ((chunk: Buffer) => Part) => {
  let held: Buffer = NOTHING;
  let state: 'before' | 'inside' | 'after' = 'before';

  const skipTo = (at: number): void => {
    held = held.subarray(at);
  };

  const takeText = (): Buffer => {
    const at = held.indexOf(boundary);
    const length = at < 0 ? held.length - heldLength(held, boundary) : at;
    const text = held.subarray(0, length);
    skipTo(at < 0 ? length : at + boundary.length);
    if (at >= 0) state = state === 'before' ? 'inside' : 'after';
    return text;
  };

  return (chunk) => {
    held = Buffer.concat([held, chunk]);
    if (state === 'before') takeText();
    const text = state === 'inside' ? takeText() : NOTHING;
    const at = state === 'after' ? held.indexOf(NEWLINE) : -1;
    return { text, end: at < 0 ? undefined : held.toString('latin1', 0, at) };
  };
};
