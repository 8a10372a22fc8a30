/** One page of a list; `next` is the cursor of the one behind it, null on the last. */
export interface Page<Item> {
  data: Item[];
  next: string | null;
}
