/** Reads a listing to its end. */
export async function allPages<T>(
  read: (nextToken: {
    readonly nextToken?: string;
  }) => Promise<readonly [readonly T[], string | undefined]>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let nextToken: string | undefined;
  do {
    const [items, next] = await read(nextToken === undefined ? {} : { nextToken });
    all.push(...items);
    nextToken = next;
  } while (nextToken !== undefined && nextToken !== '');
  return all;
}
