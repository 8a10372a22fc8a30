/** The JSON documents of a stream that has one a line. */
export async function* readLines<Item>(body: AsyncIterable<Uint8Array> | null): AsyncGenerator<Item, void, undefined> {
  if (body === null) return;
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Item;
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as Item;
}
