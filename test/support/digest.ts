import { createHash } from 'node:crypto';

/** The digest by which registries name content, `sha256:…`. */
export function sha256(content: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
