import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OperationError } from '../../../actions/shared/errors.js';
import { createSecrets } from '../../../actions/shared/secrets.js';
import {
  localStateFile,
  s3PlaceOf,
} from '../../../actions/terraform-layer/sidecar/backend-place.js';
import {
  markLedger,
  parseApplied,
  readLedger,
  writeLedger,
} from '../../../actions/terraform-layer/sidecar/ledger.js';
import { localSidecar } from '../../../actions/terraform-layer/sidecar/local-sidecar.js';
import { openSidecars } from '../../../actions/terraform-layer/sidecar/open-sidecars.js';
import type { S3Objects } from '../../../actions/terraform-layer/sidecar/s3-objects.js';
import { s3Sidecar } from '../../../actions/terraform-layer/sidecar/s3-sidecar.js';
import type { Sidecar } from '../../../actions/terraform-layer/sidecar/sidecar.js';
import { tolerance, type Tolerate } from '../../../actions/terraform-layer/sidecar/tolerance.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import { intolerant, memorySidecar, onlySidecar } from '../../support/sidecars.js';
import { layeredTree, load } from '../../support/stacks.js';

let stacks: readonly Stack[];
let stack: Stack;
beforeAll(async () => {
  ({ stacks } = await load(layeredTree(['dev'])));
  const [first] = stacks;
  if (first === undefined) throw new Error('no stack');
  stack = first;
});

const s3 = (config: Stack['backend']['config'], rest: Partial<Stack> = {}): Stack => ({
  ...stack,
  backend: { type: 's3', config: { bucket: 'b', key: 'app.tfstate', ...config } },
  ...rest,
});

describe("the place of an S3 backend's state", () => {
  it('is its key, below the prefix of a workspace', () => {
    expect(s3PlaceOf(s3({}))?.place).toMatchObject({ bucket: 'b', key: 'app.tfstate' });
    const own = { workspace: 'dev' };
    expect(s3PlaceOf(s3({}, own))?.place.key).toBe('env:/dev/app.tfstate');
    expect(s3PlaceOf(s3({ workspace_key_prefix: 'p' }, own))?.place.key).toBe('p/dev/app.tfstate');
    expect(s3PlaceOf(s3({}, { workspace: 'default' }))?.place.key).toBe('app.tfstate');
  });

  it('is encrypted as the state is', () => {
    const encryption = (config: Stack['backend']['config']): unknown =>
      s3PlaceOf(s3(config))?.place.encryption;
    expect(encryption({})).toEqual({ kind: 'bucket-default' });
    expect(encryption({ encrypt: true })).toEqual({ kind: 'aes256' });
    expect(encryption({ encrypt: 'true', kms_key_id: 'k' })).toEqual({ kind: 'kms', keyId: 'k' });
  });

  it('is reached through the endpoint, role and profile of the backend', () => {
    expect(
      s3PlaceOf(
        s3({
          endpoints: { s3: 'http://127.0.0.1:9000' },
          use_path_style: true,
          skip_s3_checksum: true,
          assume_role: { role_arn: 'arn:r', external_id: 'e' },
        }),
      )?.place,
    ).toMatchObject({
      endpoint: 'http://127.0.0.1:9000',
      pathStyle: true,
      checksums: false,
      assumeRole: { roleArn: 'arn:r', externalId: 'e' },
    });
    expect(s3PlaceOf(s3({ role_arn: 'arn:old', profile: 'p' }))?.place).toMatchObject({
      assumeRole: { roleArn: 'arn:old' },
      profile: 'p',
    });
  });

  it('keeps secrets apart from what may be written down', () => {
    const found = s3PlaceOf(
      s3({ access_key: 'id', secret_key: 'very-secret', sse_customer_key: 'customer-key' }),
    );
    expect(JSON.stringify(found?.place)).not.toMatch(/very-secret|customer-key/);
    expect(found?.secrets).toEqual({
      keys: { accessKeyId: 'id', secretAccessKey: 'very-secret' },
      customerKey: 'customer-key',
    });
  });

  it('is unknown for other backends', () => {
    expect(s3PlaceOf({ ...stack, backend: { type: 'gcs', config: {} } })).toBeUndefined();
    const sidecars = openSidecars(
      { access: new Map() },
      { root: '/', secrets: createSecrets(() => undefined) },
    );
    expect(sidecars({ ...stack, backend: { type: 'cloud', config: {} } })).toBeUndefined();
    expect(sidecars(s3({}, { id: 'x' }))?.place).toBe('s3://b/app.tfstate.infra/');
    // The same stack at an earlier commit, where its state had another key.
    const earlier = s3({ key: 'old' }, { id: 'x', stateKey: 's3://b/old' });
    expect(sidecars(earlier)?.place).toBe('s3://b/old.infra/');
  });
});

describe('versions of a state', () => {
  it('of the local backend are its backup', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'state-versions-'));
    const { versions } = localSidecar(path.join(directory, 'a.tfstate'));
    expect(await versions.list(5)).toEqual([]);
    await writeFile(path.join(directory, 'a.tfstate.backup'), 'old');
    expect(await versions.list(5)).toMatchObject([{ id: 'backup', current: false }]);
    expect(await versions.read('backup')).toBe('old');
    expect(await versions.read('other')).toBeUndefined();
    await rm(directory, { recursive: true });
  });

  it('of S3 are those of its object', async () => {
    const found = s3PlaceOf(s3({}));
    if (found === undefined) throw new Error('no place');
    const { versions } = s3Sidecar(found.place, objectsOf(new Map([['app.tfstate', '{}']])));
    expect(await versions.list(5)).toMatchObject([{ id: 'app.tfstate@1', current: true }]);
    expect(await versions.read('app.tfstate@1')).toBe('{}');
    expect(await versions.read('other')).toBeUndefined();
  });

  it('that may not be listed are told with the right that lacks', async () => {
    const found = s3PlaceOf(s3({}));
    if (found === undefined) throw new Error('no place');
    const denied = Object.assign(new Error('Access Denied'), { name: 'AccessDenied' });
    const { versions } = s3Sidecar(found.place, objectsOf(new Map(), denied));
    await expect(versions.list(5)).rejects.toMatchObject({
      code: 'sidecar-denied',
      details: { right: 's3:ListBucketVersions', bucket: 'b' },
    });
  });

  it('are not known for other backends', () => {
    const sidecars = openSidecars(
      { access: new Map() },
      { root: '/', secrets: createSecrets(() => undefined) },
    );
    expect(sidecars({ ...stack, backend: { type: 'cloud', config: {} } })).toBeUndefined();
  });
});

function objectsOf(found: Map<string, string>, failure?: Error): S3Objects {
  const answer = <T>(body: () => T): Promise<T> =>
    failure === undefined ? Promise.resolve(body()) : Promise.reject(failure);
  return {
    get: (key) => answer(() => found.get(key)),
    put: (key, text) => answer(() => void found.set(key, text)),
    delete: (key) => answer(() => void found.delete(key)),
    etag: (key) => answer(() => (found.has(key) ? `"${key}"` : undefined)),
    versions: (key, limit) =>
      answer(() =>
        [{ id: `${key}@1`, at: '2026-01-01T00:00:00.000Z', current: true }].slice(0, limit),
      ),
    getVersion: (key, id) => answer(() => (id === `${key}@1` ? found.get(key) : undefined)),
  };
}

describe('a sidecar in S3', () => {
  const sidecarOf = (found: Map<string, string>, failure?: Error): Sidecar => {
    const known = s3PlaceOf(s3({}));
    if (known === undefined) throw new Error('no place');
    return s3Sidecar(known.place, objectsOf(found, failure));
  };

  it('lies beside the state', async () => {
    const found = new Map([
      ['app.tfstate', '{}'],
      ['app.tfstate.tflock', 'lock'],
    ]);
    const sidecar = sidecarOf(found);
    await sidecar.write('review/abc', 'x');
    expect(found.get('app.tfstate.infra/review/abc')).toBe('x');
    expect(await sidecar.read('review/abc')).toBe('x');
    await sidecar.remove('review/abc');
    expect(await sidecar.read('review/abc')).toBeUndefined();
    expect(await sidecar.stateText()).toBe('{}');
    expect(await sidecar.lockText()).toBe('lock');
    expect(await sidecar.stateVersion()).toBe('"app.tfstate"');
    expect(await sidecarOf(new Map()).stateVersion()).toBe('absent');
  });

  it('says which right lacks', async () => {
    const denied = Object.assign(new Error('Access Denied'), { name: 'AccessDenied' });
    const sidecar = sidecarOf(new Map(), denied);
    const details = { bucket: 'b', target: 'app.tfstate.infra/*' };
    await expect(sidecar.write('applied', 'x')).rejects.toMatchObject({
      code: 'sidecar-denied',
      details: { ...details, right: 's3:PutObject' },
    });
    await expect(sidecar.read('applied')).rejects.toMatchObject({
      code: 'sidecar-denied',
      details: { ...details, right: 's3:GetObject' },
    });
    expect(await sidecar.stateVersion()).toBeUndefined();
    const broken = sidecarOf(new Map(), new Error('reset'));
    await expect(broken.read('applied')).rejects.toMatchObject({ code: 'sidecar-failed' });
  });
});

describe('the lock of an S3 state', () => {
  const file = new Map([['app.tfstate.tflock', 'of the file']]);
  const asked: string[] = [];

  function lockOf(
    config: Stack['backend']['config'],
    found: Map<string, string>,
    answer: () => Promise<string | undefined>,
  ): Promise<string | undefined> {
    const known = s3PlaceOf(s3(config));
    if (known === undefined) throw new Error('no place');
    return s3Sidecar(known.place, objectsOf(found), {
      read: (bucket, key) => {
        asked.push(`${bucket}/${key}`);
        return answer();
      },
    }).lockText();
  }
  const ofTable = (): Promise<string> => Promise.resolve('of the table');

  beforeEach(() => {
    asked.length = 0;
  });

  it('is in its file where no table is named', async () => {
    expect(await lockOf({ use_lockfile: true }, file, ofTable)).toBe('of the file');
    expect(await lockOf({}, new Map(), ofTable)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('is in the table alone where only that is named', async () => {
    expect(await lockOf({ dynamodb_table: 'locks' }, file, ofTable)).toBe('of the table');
    expect(asked).toEqual(['b/app.tfstate']);
  });

  it('is in either where both are', async () => {
    const both = { dynamodb_table: 'locks', use_lockfile: 'true' };
    expect(await lockOf(both, file, ofTable)).toBe('of the file');
    expect(await lockOf(both, new Map(), ofTable)).toBe('of the table');
  });

  it('in a table is reached as the backend says', () => {
    expect(
      s3PlaceOf(s3({ dynamodb_table: 'locks', endpoints: { dynamodb: 'http://d' } }))?.place.locks,
    ).toEqual({ file: false, table: { name: 'locks', endpoint: 'http://d' } });
    expect(
      s3PlaceOf(s3({ dynamodb_table: 'locks', dynamodb_endpoint: 'd' }))?.place.locks.table,
    ).toEqual({ name: 'locks', endpoint: 'd' });
  });

  it('in a table that may not be read is told with the right that lacks', async () => {
    const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    const refused = lockOf({ dynamodb_table: 'locks' }, new Map(), () => Promise.reject(denied));
    await expect(refused).rejects.toMatchObject({
      code: 'sidecar-denied',
      details: { right: 'dynamodb:GetItem', table: 'locks' },
    });
  });
});

describe('a sidecar of a local state', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'sidecar-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('lies beside its file', async () => {
    const local: Stack = { ...stack, directory: 'a', backend: { type: 'local', config: {} } };
    expect(localStateFile(local, '/r')).toBe('/r/a/terraform.tfstate');
    expect(localStateFile({ ...local, workspace: 'w' }, '/r')).toBe(
      '/r/a/terraform.tfstate.d/w/terraform.tfstate',
    );
    const state = path.join(directory, 'terraform.tfstate');
    const sidecar = localSidecar(state);
    expect(await sidecar.stateVersion()).toBe('absent');
    await sidecar.write('review/x', 'text');
    expect(await readFile(path.join(directory, 'terraform.tfstate.infra/review/x'), 'utf8')).toBe(
      'text',
    );
    expect(await sidecar.read('review/x')).toBe('text');
    await sidecar.remove('review/x');
    await sidecar.remove('review/x');
    expect(await sidecar.read('review/x')).toBeUndefined();
    await writeFile(state, '{}');
    const before = await sidecar.stateVersion();
    await writeFile(state, '{"serial":2}');
    expect(await sidecar.stateVersion()).not.toBe(before);
    await writeFile(path.join(directory, '.terraform.tfstate.lock.info'), 'lock');
    expect(await sidecar.lockText()).toBe('lock');
  });
});

describe('the ledger', () => {
  const entry = { version: 1, sha: 'a'.repeat(40), at: '2026-01-01T00:00:00Z' } as const;

  it('is read for many stacks, and has only what is known', async () => {
    const [known, garbled, none] = [memorySidecar(), memorySidecar(), memorySidecar()];
    const of = new Map([known, garbled, none].map((one, index) => [stacks[index]?.id, one]));
    await writeLedger(stacks.slice(0, 1), entry, ({ id }) => of.get(id), intolerant);
    garbled.objects.set('applied', '{"version":7}');
    const ledger = await readLedger(stacks, ({ id }) => of.get(id), intolerant);
    expect([...ledger]).toEqual([[stacks[0]?.id, entry]]);
    expect(parseApplied('nonsense')).toBeUndefined();
  });

  it('that cannot be read is an error that names the right, unless somebody only looks', async () => {
    const denied = memorySidecar();
    denied.read = () =>
      Promise.reject(
        new OperationError('sidecar-denied', 'the role may not s3:GetObject on it', {
          details: { right: 's3:GetObject', bucket: 'states', target: 'app.infra/*' },
        }),
      );
    const strict = readLedger(stacks, () => denied);
    await expect(strict).rejects.toMatchObject({ problems: [{ code: 'applied-unreadable' }] });
    await expect(strict).rejects.toThrow(/s3:GetObject/);
    const looking: Tolerate = ({ fallback }, body) => body().catch(() => fallback);
    expect(await readLedger(stacks, () => denied, looking)).toEqual(new Map());
    // A backend without a place for it is no fault.
    expect(await readLedger(stacks, () => undefined)).toEqual(new Map());
  });

  it('does not fail a run where it cannot be written, and says so once', async () => {
    const sidecar = memorySidecar();
    sidecar.failure = new Error('denied');
    const warnings: string[] = [];
    const tolerate = tolerance({
      log: { warning: (message) => warnings.push(message) },
      secrets: createSecrets(() => undefined),
    });
    await writeLedger(stacks, entry, () => sidecar, tolerate);
    expect(stacks.length).toBeGreaterThan(1);
    expect(warnings).toHaveLength(1);
  });

  it('keeps since when to look, where the state was changed in another way', async () => {
    const sidecar = memorySidecar();
    await markLedger(stack, 'destroy', onlySidecar(sidecar), intolerant);
    expect(sidecar.changes).toEqual([]);
    await writeLedger([stack], entry, onlySidecar(sidecar), intolerant);
    await markLedger(stack, 'destroy', onlySidecar(sidecar), intolerant);
    await markLedger(stack, 'destroy', onlySidecar(sidecar), intolerant);
    expect(sidecar.changes).toEqual(['write applied', 'write applied']);
    const marked = await readLedger([stack], onlySidecar(sidecar), intolerant);
    expect([...marked.values()]).toEqual([{ ...entry, stateChangedBy: 'destroy' }]);
    await writeLedger([stack], entry, onlySidecar(sidecar), intolerant);
    const again = await readLedger([stack], onlySidecar(sidecar), intolerant);
    expect([...again.values()]).toEqual([entry]);
  });
});
