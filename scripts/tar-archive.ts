/** A file to put into an archive. `path` is relative, with forward slashes. */
export interface ArchiveFile {
  readonly path: string;
  readonly content: Uint8Array;
  /** Permission bits; 0o644 where left out. */
  readonly mode?: number;
}

const BLOCK_BYTES = 512;

function header(file: ArchiveFile): Buffer {
  const { path, content, mode = 0o644 } = file;
  if (path.startsWith('/') || path.split('/').includes('..')) {
    throw new Error(`not a relative path inside the archive: ${path}`);
  }
  if (Buffer.byteLength(path) > 100) {
    throw new Error(`longer than the 100 bytes that a ustar name field holds: ${path}`);
  }
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, offset: number, width: number): void => {
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, 'latin1');
  };
  block.write(path, 0, 'utf8');
  octal(mode & 0o7777, 100, 8);
  octal(0, 108, 8); // owner
  octal(0, 116, 8); // group
  octal(content.byteLength, 124, 12);
  octal(0, 136, 12); // modification time, in seconds
  block.write(' '.repeat(8), 148, 'latin1'); // the checksum counts itself as spaces
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/**
 * Writes regular files into a tar archive in memory, in the order given.
 *
 * The bytes depend on the files alone: owner 0, modification time 0. Throws for a path that leaves
 * the archive or is longer than 100 bytes. Format: POSIX.1-1988 ustar.
 */
export function tarArchive(files: readonly ArchiveFile[]): Buffer {
  const blocks: Uint8Array[] = [];
  for (const file of files) {
    const padding = (BLOCK_BYTES - (file.content.byteLength % BLOCK_BYTES)) % BLOCK_BYTES;
    blocks.push(header(file), file.content, Buffer.alloc(padding));
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]);
}
