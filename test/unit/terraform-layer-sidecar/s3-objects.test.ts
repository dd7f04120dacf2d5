import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  sdkS3Objects,
  type S3Objects,
} from '../../../actions/terraform-layer/sidecar/s3-objects.js';

let server: Server;
let code: string;
beforeAll(async () => {
  server = createServer((_, response) => {
    response.writeHead(code === 'AccessDenied' ? 403 : 404, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function objects(): S3Objects {
  const { port } = server.address() as AddressInfo;
  return sdkS3Objects(
    {
      ...{ bucket: 'states', region: 'eu-west-1', endpoint: `http://127.0.0.1:${port}` },
      ...{ pathStyle: true, encryption: { kind: 'bucket-default' }, checksums: false },
    },
    { keys: { accessKeyId: 'AKIA', secretAccessKey: 'x' } },
    { region: 'eu-west-1' },
  );
}

describe('an object of a bucket', () => {
  it.each(['NoSuchKey', 'NoSuchBucket'])('is not there where S3 says %s', async (said) => {
    code = said;
    expect(await objects().get('dev/app.tfstate.infra/applied')).toBeUndefined();
    expect(await objects().etag('dev/app.tfstate')).toBeUndefined();
  });

  it('is not taken for missing where it is denied', async () => {
    code = 'AccessDenied';
    await expect(objects().get('dev/app.tfstate.infra/applied')).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});
