// What is done with the view Heap Allocations by the keyboard alone. Steps of window.mjs.

import { palette, tree, until } from "./page.mjs";

export function keys({ page, given, facts }) {
  const { take, command } = palette(page);

  /** The functions of the tree, as they are read out. */
  const functions = () => tree(page).labels(3);

  async function sort() {
    await command("Focus on Heap Allocations View");
    facts.byBytes = await until("the tree", given.patience, async () => {
      const now = await functions();
      return now.length > 0 && now;
    });
    await command("stackward: Sort Heap Allocations");
    await take("place", "place in the source");
    facts.byPlace = await until("another order", given.patience, async () => {
      const now = await functions();
      return now.join() !== facts.byBytes.join() && now;
    });
  }

  return { sort };
}
