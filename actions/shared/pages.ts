/** One page of a listing, and where the next begins. */
type Page<T> = readonly [items: readonly T[] | undefined, nextToken: string | undefined];

/** Reads a listing to its end. */
export async function allPages<T>(
  read: (nextToken: { readonly nextToken?: string }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let nextToken: string | undefined;
  do {
    const [items, next]: Page<T> = await read(nextToken === undefined ? {} : { nextToken });
    all.push(...(items ?? []));
    nextToken = next;
  } while (nextToken !== undefined && nextToken !== '');
  return all;
}
