interface FullRange<Value> {
  start: Value;
  end: Value;
  step: number;
}

const endOfRun = (values: readonly number[], from: number): number => {
  const step = (values[from + 1] ?? Number.NaN) - (values[from] ?? 0);
  let end = from;
  while (values[end + 1] === (values[end] ?? 0) + step) end += 1;
  return end;
};

/** Values as plain values and, where at least three in a row are evenly apart, whole ranges. The SDK takes a range without its end to end at 1 (temporal guide, 5.3), so none is written without. */
export const namedRangesOf = <Value>(values: readonly number[], name: (number: number) => Value): (Value | FullRange<Value>)[] => {
  const ranges: (Value | FullRange<Value>)[] = [];
  for (let from = 0; from < values.length;) {
    const start = values[from] ?? 0;
    const last = endOfRun(values, from);
    // Two values are no range of their own: the second may begin a longer one.
    const isRange = last - from >= 2;
    ranges.push(
      isRange ? { start: name(start), end: name(values[last] ?? start), step: (values[from + 1] ?? start) - start } : name(start),
    );
    from = isRange ? last + 1 : from + 1;
  }
  return ranges;
};

/** Numbers as plain numbers and whole ranges. */
export const rangesOf = (values: readonly number[]): (number | FullRange<number>)[] => namedRangesOf(values, (number) => number);
