/** What a change is about: one object of a resource, or an output. */
export type ChangeKey = string;

/** `deposed`: key of an object that an earlier replacement left behind. */
export function resourceKey(address: string, deposed?: string): ChangeKey {
  return `resource\n${address}\n${deposed ?? ''}`;
}

export function outputKey(name: string): ChangeKey {
  return `output\n${name}`;
}

/** How an output is named among resources. */
export function outputAddress(name: string): string {
  return `output.${name}`;
}
