import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { readArchive } from '../../../actions/ecr-push/archive/read-archive.js';
import { readTarIndex } from '../../../actions/ecr-push/archive/tar.js';
import { digestOf, readRange, type LocalImage } from '../../../actions/ecr-push/image.js';
import { UserError } from '../../../actions/shared/errors.js';
import {
  dockerSave,
  layerTar,
  multiPlatformLayout,
  ociLayout,
  tarOf,
  type TestImage,
} from '../../support/ecr.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'archive-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function readBytes(content: Buffer): Promise<LocalImage> {
  const workDirectory = mkdtempSync(join(directory, 'work-'));
  const path = join(workDirectory, 'image.tar');
  writeFileSync(path, content);
  return readArchive({ path, shownPath: 'image.tar', workDirectory });
}

async function problemOf(reading: Promise<unknown>): Promise<string> {
  const thrown: unknown = await reading.then(
    () => undefined,
    (error: unknown) => error,
  );
  return thrown instanceof UserError ? (thrown.problems[0]?.code ?? '') : String(thrown);
}

function unpack({ files }: TestImage): string {
  const path = join(directory, 'layout');
  for (const [name, content] of files) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

describe('an OCI image layout', () => {
  it('keeps its digest, as a tar, gzipped, or a directory', async () => {
    const layout = ociLayout();
    const plain = await readBytes(tarOf(layout));
    const gzipped = await readBytes(gzipSync(tarOf(layout)));
    const unpacked = await readArchive({
      path: unpack(layout),
      shownPath: 'layout',
      workDirectory: directory,
    });
    for (const image of [plain, gzipped, unpacked]) {
      expect(image.root.digest).toBe(layout.digest);
      expect(digestOf(image.root.body)).toBe(layout.digest);
      expect(image.children).toEqual([]);
      expect(image.blobs).toHaveLength(2);
      for (const { digest, content } of image.blobs) {
        expect(digestOf(await readRange(content))).toBe(digest);
      }
    }
  });

  it('of several platforms has its images before its index, and shared layers once', async () => {
    const layout = multiPlatformLayout();
    const image = await readBytes(tarOf(layout));
    expect(image.root.digest).toBe(layout.digest);
    expect(image.root.mediaType).toBe('application/vnd.oci.image.index.v1+json');
    expect(image.children).toHaveLength(2);
    expect(image.blobs).toHaveLength(3);
  });

  it.each([
    ['a layer with other bytes', 'archive-digest-mismatch', damageLayer],
    ['a layer that is missing', 'archive-corrupt', dropLayer],
    ['no image', 'archive-ambiguous', setManifests(() => [])],
    [
      'two images',
      'archive-ambiguous',
      setManifests(([one]) => [one, { ...(one as object), digest: `sha256:${'a'.repeat(64)}` }]),
    ],
    [
      'a digest that leaves the layout',
      'archive-corrupt',
      setManifests(([one]) => [{ ...(one as object), digest: 'sha256:../../etc' }]),
    ],
    [
      'an index that is no JSON',
      'archive-corrupt',
      ({ files }: TestImage) => files.set('index.json', Buffer.from('{')),
    ],
  ])('with %s is refused: %s', async (_what, code, damage) => {
    const layout = ociLayout();
    damage(layout);
    expect(await problemOf(readBytes(tarOf(layout)))).toBe(code);
  });
});

function layerName({ files }: TestImage): string {
  const gzipped = [...files].find(([, content]) => content[0] === 0x1f);
  return gzipped?.[0] ?? '';
}
function damageLayer(image: TestImage): void {
  const name = layerName(image);
  const bytes = Buffer.from(image.files.get(name) ?? '');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0xff;
  image.files.set(name, bytes);
}
function dropLayer(image: TestImage): void {
  image.files.delete(layerName(image));
}
function setManifests(change: (manifests: readonly unknown[]) => readonly unknown[]) {
  return ({ files }: TestImage): void => {
    const index = JSON.parse(files.get('index.json')?.toString() ?? '') as { manifests: unknown[] };
    files.set('index.json', Buffer.from(JSON.stringify({ manifests: change(index.manifests) })));
  };
}

describe('a docker save archive', () => {
  it('gets a manifest with its configuration and its layers compressed', async () => {
    const image = await readBytes(tarOf(dockerSave()));
    expect(image.format).toBe('docker save');
    const manifest = JSON.parse(image.root.body) as {
      config: { digest: string };
      layers: [{ digest: string; size: number }];
    };
    const layer = image.blobs.find(({ digest }) => digest === manifest.layers[0].digest);
    const compressed = await readRange(layer?.content ?? { path: '', offset: 0, size: 0 });
    expect(gunzipSync(compressed).equals(layerTar())).toBe(true);
    expect(manifest.layers[0].size).toBe(compressed.length);
    expect(image.blobs.map(({ digest }) => digest)).toContain(manifest.config.digest);
    expect(image.root.digest).toBe(digestOf(image.root.body));
  });

  it('has the same digest each time', async () => {
    const [first, second] = [
      await readBytes(tarOf(dockerSave())),
      await readBytes(tarOf(dockerSave())),
    ];
    expect(second.root.digest).toBe(first.root.digest);
  });

  it('sends two equal layers once, and names both', async () => {
    const image = await readBytes(tarOf(dockerSave({ layers: [layerTar(), layerTar()] })));
    expect((JSON.parse(image.root.body) as { layers: unknown[] }).layers).toHaveLength(2);
    expect(image.blobs).toHaveLength(2);
  });

  it('takes layers that are compressed as they are', async () => {
    const saved = dockerSave();
    const compressed = gzipSync(layerTar());
    saved.files.set('0/layer.tar', compressed);
    const image = await readBytes(tarOf(saved));
    expect(image.blobs.map(({ digest }) => digest)).toContain(digestOf(compressed));
  });

  it('that is an OCI layout too is compressed where its layers are not', async () => {
    const saved = dockerSave();
    for (const [name, content] of ociLayout().files) saved.files.set(name, content);
    expect((await readBytes(tarOf(saved))).format).toBe('docker save');
    saved.files.set('0/layer.tar', gzipSync(layerTar()));
    expect((await readBytes(tarOf(saved))).format).toBe('OCI image layout');
  });

  it.each([
    [
      'a layer with other bytes',
      'archive-digest-mismatch',
      ({ files }: TestImage) => files.set('0/layer.tar', layerTar('other')),
    ],
    [
      'a layer that is damaged gzip',
      'archive-corrupt',
      ({ files }: TestImage) => files.set('0/layer.tar', gzipSync(layerTar()).subarray(0, 40)),
    ],
    [
      'a layer that is missing',
      'archive-corrupt',
      ({ files }: TestImage) => files.delete('0/layer.tar'),
    ],
    [
      'several images',
      'archive-ambiguous',
      ({ files }: TestImage) => {
        const list = JSON.parse(files.get('manifest.json')?.toString() ?? '') as unknown[];
        files.set('manifest.json', Buffer.from(JSON.stringify([...list, ...list])));
      },
    ],
  ])('with %s is refused: %s', async (_what, code, damage) => {
    const saved = dockerSave();
    damage(saved);
    expect(await problemOf(readBytes(tarOf(saved)))).toBe(code);
  });
});

describe('what is no image', () => {
  it.each([
    ['an empty file', Buffer.alloc(0), 'archive-not-an-image'],
    ['text', Buffer.from('FROM scratch\n'.repeat(100)), 'archive-not-an-image'],
    ['a tar of something else', layerTar(), 'archive-not-an-image'],
    ['half an archive', tarOf(ociLayout()).subarray(0, 520), 'archive-corrupt'],
    ['half a gzipped archive', gzipSync(tarOf(ociLayout())).subarray(0, 100), 'archive-corrupt'],
  ])('%s is refused', async (_what, content, code) => {
    expect(await problemOf(readBytes(content))).toBe(code);
  });

  it('a directory of something else is refused, and not searched', async () => {
    const request = { path: directory, shownPath: '.', workDirectory: directory };
    expect(await problemOf(readArchive(request))).toBe('archive-not-an-image');
  });

  it('a missing file is refused', async () => {
    const request = { path: join(directory, 'no.tar'), shownPath: 'no.tar' };
    expect(await problemOf(readArchive({ ...request, workDirectory: directory }))).toBe(
      'archive-not-found',
    );
  });

  it('a damaged header is refused', async () => {
    const bytes = tarOf(ociLayout());
    const second = bytes.indexOf('ustar', 600);
    bytes.write('X', second, 'latin1');
    expect(await problemOf(readBytes(bytes))).toBe('archive-corrupt');
  });
});

it('an archive that was damaged anywhere is refused, or is still the same image', async () => {
  const layout = ociLayout();
  const bytes = tarOf(layout);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(bytes.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.nat(bytes.length),
      async (position, change, cutBytes) => {
        const damaged = Buffer.from(bytes.subarray(0, bytes.length - (cutBytes >> 4)));
        if (position < damaged.length) damaged[position] = (damaged[position] ?? 0) ^ change;
        const outcome = await readBytes(damaged).then(
          ({ root }) => root.digest,
          (error: unknown) => (error instanceof UserError ? 'refused' : String(error)),
        );
        expect(['refused', layout.digest]).toContain(outcome);
      },
    ),
    { numRuns: 200 },
  );
});

describe('readTarIndex', () => {
  // Long names, hard and symbolic links, in each format that GNU tar writes.
  it.each(['gnu', 'pax', 'ustar'])('reads what tar writes in the format %s', async (format) => {
    const deep = join('d'.repeat(60), 'e'.repeat(50));
    const source = join(directory, 'source');
    mkdirSync(join(source, deep), { recursive: true });
    writeFileSync(join(source, deep, 'file'), 'content');
    writeFileSync(join(source, 'plain'), 'x'.repeat(513));
    symlinkSync(join('..', '..', 'plain'), join(source, deep, 'link'));
    execFileSync('ln', [join(source, 'plain'), join(source, 'twin')]);
    const path = join(directory, 'a.tar');
    execFileSync('tar', [`--format=${format}`, '-cf', path, '-C', source, '.']);

    const index = await readTarIndex(path);
    const text = async (name: string): Promise<string> => {
      const range = index.get(name);
      return range === undefined ? '' : (await readRange(range)).toString();
    };
    expect(await text(`${deep}/file`)).toBe('content');
    for (const name of ['plain', 'twin', `${deep}/link`]) {
      expect(await text(name)).toBe('x'.repeat(513));
    }
  });
});
