import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildImageArchive } from '../../../scripts/image-archive.js';
import { tarArchive } from '../../../scripts/tar-archive.js';
import { sha256 } from '../../support/digest.js';

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

const FILES = [{ path: 'server', mode: 0o755, content: Buffer.from('#!/bin/true\n') }];
const CONFIG = {
  Entrypoint: ['/server'],
  Env: ['EMULATOR_FATE=healthy'],
  ExposedPorts: ['8080/tcp'],
  Labels: { 'org.opencontainers.image.title': 'service-a' },
};

describe('buildImageArchive', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'image-archive-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  function readJson(path: string): unknown {
    return JSON.parse(readFileSync(join(directory, path), 'utf8'));
  }
  function blobPath(descriptor: Descriptor): string {
    return `blobs/${descriptor.digest.replace(':', '/')}`;
  }

  it('writes a layout whose descriptors match its blobs, down to the files', async () => {
    const output = join(directory, 'image.tar');
    const { digest } = await buildImageArchive({ files: FILES, config: CONFIG, output });
    execFileSync('tar', ['-xf', output, '-C', directory]);

    expect(readJson('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' });
    const [manifestDescriptor] = (readJson('index.json') as { manifests: [Descriptor] }).manifests;
    expect(manifestDescriptor.digest).toBe(digest);
    const manifest = readJson(blobPath(manifestDescriptor)) as {
      config: Descriptor;
      layers: [Descriptor];
    };
    for (const descriptor of [manifestDescriptor, manifest.config, manifest.layers[0]]) {
      const content = readFileSync(join(directory, blobPath(descriptor)));
      expect([sha256(content), content.byteLength]).toEqual([descriptor.digest, descriptor.size]);
    }

    expect(readJson(blobPath(manifest.config))).toEqual({
      architecture: 'amd64',
      os: 'linux',
      config: {
        Entrypoint: ['/server'],
        Env: ['EMULATOR_FATE=healthy'],
        ExposedPorts: { '8080/tcp': {} },
        Labels: { 'org.opencontainers.image.title': 'service-a' },
      },
      rootfs: { type: 'layers', diff_ids: [manifest.layers[0].digest] },
    });
    execFileSync('tar', ['-xf', join(directory, blobPath(manifest.layers[0])), '-C', directory]);
    expect(readFileSync(join(directory, 'server'), 'utf8')).toBe('#!/bin/true\n');
    expect(statSync(join(directory, 'server')).mode & 0o777).toBe(0o755);
  });

  it('gives the same bytes for the same input, and another digest for another variable', async () => {
    const [first, second, other] = ['a.tar', 'b.tar', 'c.tar'].map((name) =>
      join(directory, name),
    ) as [string, string, string];
    const one = await buildImageArchive({ files: FILES, config: CONFIG, output: first });
    const two = await buildImageArchive({ files: FILES, config: CONFIG, output: second });
    const three = await buildImageArchive({
      files: FILES,
      config: { ...CONFIG, Env: ['EMULATOR_FATE=crash'] },
      output: other,
    });
    expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
    expect(two.digest).toBe(one.digest);
    expect(three.digest).not.toBe(one.digest);
  });
});

describe('tarArchive', () => {
  it('refuses paths that leave the archive, and names that ustar cannot hold', () => {
    const content = Buffer.alloc(0);
    expect(() => tarArchive([{ path: '/etc/passwd', content }])).toThrow('/etc/passwd');
    expect(() => tarArchive([{ path: 'a/../../b', content }])).toThrow('a/../../b');
    expect(() => tarArchive([{ path: 'a'.repeat(101), content }])).toThrow('100 bytes');
  });
});
