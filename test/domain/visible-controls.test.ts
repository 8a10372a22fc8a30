import { expect, test } from 'vitest';
import { showControls } from '../../src/domain/visible-controls.ts';

test.each([
  ['a\tb é 漢 👩‍👩‍👧', 'a\tb é 漢 👩‍👩‍👧'],
  ['10%\r20%\n', '10%␍20%␊'],
  ['\u0000\u001b[2K\u001f\u007f', '␀␛[2K␟␡'],
  ['a\u0085b\u009b2K', 'a\\u0085b\\u009b2K'],
  ['\u2028\u202egnp.exe\u2069', '\\u2028\\u202egnp.exe\\u2069'],
])('%j is shown as %j', (text, shown) => {
  expect(showControls(text)).toBe(shown);
});
