import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArchive } from '../../../actions/ecr-push/archive/read-archive.js';
import type { LocalImage } from '../../../actions/ecr-push/image.js';
import { uploadImage } from '../../../actions/ecr-push/upload.js';
import {
  fakeEcr,
  multiPlatformLayout,
  ociLayout,
  tarOf,
  type TestImage,
} from '../../support/ecr.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'upload-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function imageOf(layout: TestImage): Promise<LocalImage> {
  const path = join(directory, 'image.tar');
  writeFileSync(path, tarOf(layout));
  return readArchive({ path, shownPath: path, workDirectory: directory });
}
const ignore = (): void => undefined;

it('sends every blob in parts, byte for byte', async () => {
  const ecr = fakeEcr();
  const image = await imageOf(ociLayout());
  const report = await uploadImage(ecr, 'shop/service-a', image, ignore);
  expect([...ecr.layers.keys()].sort()).toEqual(image.blobs.map(({ digest }) => digest).sort());
  expect(report).toMatchObject({ sent: 2, skipped: 0 });
});

it('does not send what is there, and sends nothing the second time', async () => {
  const ecr = fakeEcr();
  const image = await imageOf(ociLayout());
  await uploadImage(ecr, 'shop/service-a', image, ignore);
  ecr.calls.length = 0;
  expect(await uploadImage(ecr, 'shop/service-a', image, ignore)).toEqual({
    sent: 0,
    skipped: 2,
    sentBytes: 0,
  });
  expect(ecr.calls).toEqual([]);
});

it('sends a part again that ECR lost', async () => {
  const ecr = fakeEcr();
  ecr.losePartFrom = 10;
  const image = await imageOf(ociLayout());
  await uploadImage(ecr, 'shop/service-a', image, ignore);
  expect(ecr.layers.size).toBe(2);
});

it('gives up where ECR asks for the same byte for ever', async () => {
  const ecr = fakeEcr();
  ecr.uploadPart = (_name, _id, { firstByte }) => Promise.resolve(firstByte);
  const image = await imageOf(ociLayout());
  await expect(uploadImage(ecr, 'shop/service-a', image, ignore)).rejects.toMatchObject({
    code: 'upload-stuck',
  });
});

it('puts the images of an index before any tag could name it', async () => {
  const ecr = fakeEcr();
  const image = await imageOf(multiPlatformLayout());
  await uploadImage(ecr, 'shop/service-a', image, ignore);
  expect([...ecr.manifests.keys()]).toEqual(image.children.map(({ digest }) => digest));
  expect(ecr.tags.size).toBe(0);
});

it('puts no manifest where a layer could not be sent', async () => {
  const ecr = fakeEcr();
  ecr.completeUpload = () => Promise.reject(new Error('connection reset'));
  const image = await imageOf(multiPlatformLayout());
  await expect(uploadImage(ecr, 'shop/service-a', image, ignore)).rejects.toThrow('reset');
  expect(ecr.manifests.size).toBe(0);
});
