/** Reads `length` bytes from `position` on of what lies at an address. */
export type ReadRange = (
  url: string,
  range: { readonly position: number; readonly length: number },
  signal: AbortSignal,
) => Promise<
  | { readonly kind: 'bytes'; readonly content: Buffer }
  /** With the HTTP status; 403 where the address has expired. */
  | { readonly kind: 'refused'; readonly status: number }
>;

/** A part of 20 MiB at 170 kB/s; a connection that hangs must not hang the job. */
const timeoutMilliseconds = 120_000;

/**
 * `ReadRange` by Node's own `fetch` (RFC 9110, "Range Requests"; Amazon S3 user guide, "Downloading
 * objects": a presigned address takes them too). No more than `length` bytes are ever kept.
 */
export const fetchRange: ReadRange = async (url, { position, length }, signal) => {
  const answer = await fetch(url, {
    headers: { range: `bytes=${position}-${position + length - 1}` },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMilliseconds)]),
  });
  // Whoever knows no ranges answers with the whole, of which the first part is what was asked for.
  const isRange = answer.status === 206 || (answer.status === 200 && position === 0);
  if (!isRange || answer.body === null) {
    await answer.body?.cancel();
    return { kind: 'refused', status: answer.status };
  }
  const reader = answer.body.getReader();
  const content = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { done, value } = await reader.read();
    if (done) break;
    content.set(value.subarray(0, length - filled), filled);
    filled += Math.min(value.length, length - filled);
  }
  await reader.cancel();
  return { kind: 'bytes', content: content.subarray(0, filled) };
};
