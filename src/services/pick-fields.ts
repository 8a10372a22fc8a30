/** Of an item only the fields that `fields` of a list names; without it all. */
export const pickFields = <Item extends object>(item: Item, fields: string | undefined): Item => {
  if (fields === undefined) return item;
  const names = new Set(fields.split(','));
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name))) as Item;
};
