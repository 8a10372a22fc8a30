type Dye = (text: string) => string;

/** Colours for one stream; without colour they all give the text back. */
export interface Paint {
  readonly enabled: boolean;
  red: Dye;
  green: Dye;
  yellow: Dye;
  dim: Dye;
  bold: Dye;
}

const dye =
  (enabled: boolean, open: number, close: number): Dye =>
  (text) =>
    enabled && text !== '' ? `\u001b[${open}m${text}\u001b[${close}m` : text;

export const createPaint = (enabled: boolean): Paint => ({
  enabled,
  red: dye(enabled, 31, 39),
  green: dye(enabled, 32, 39),
  yellow: dye(enabled, 33, 39),
  dim: dye(enabled, 2, 22),
  bold: dye(enabled, 1, 22),
});

/** Colours for a stream: only on a terminal, and not when NO_COLOR asks for none. */
export const paintFor = (stream: { isTTY?: boolean }, noColor: boolean): Paint => createPaint(stream.isTTY === true && !noColor);

/** A text in the colour of a status of a run, a branch, a target or a test. */
export const paintStatus = (paint: Paint, status: string, text: string = status): string => {
  if (['completed', 'success', 'active', 'healthy'].includes(status)) return paint.green(text);
  if (['failed', 'failure', 'critical'].includes(status)) return paint.red(text);
  return ['cancelled', 'running', 'maintenance', 'warning'].includes(status) ? paint.yellow(text) : text;
};
