import { envFrom } from '../../../actions/shared/env.js';
import { OperationError } from '../../../actions/shared/errors.js';
import {
  artifactRecords,
  assertArtifacts,
  publishRecord,
} from '../../../actions/terraform-layer/records/publish.js';
import {
  maximumRecordBytes,
  type RecordStore,
} from '../../../actions/terraform-layer/records/record-store.js';
import { sha } from '../../support/github.js';
import { silentLogger } from '../../support/silent-logger.js';

const service = { ACTIONS_RESULTS_URL: 'http://x', ACTIONS_RUNTIME_TOKEN: 't' };
const name = { subjectSha: sha('2'), leg: 'all', attempt: 1 };

function codeOf(body: () => void): unknown {
  try {
    body();
    return undefined;
  } catch (error) {
    return (error as { problems: { code: string }[] }).problems[0]?.code;
  }
}

describe('artifacts', () => {
  it('exist on github.com and on its clouds, and not on a server of one’s own', () => {
    const on = (GITHUB_SERVER_URL: string) =>
      codeOf(() => assertArtifacts(envFrom({ ...service, GITHUB_SERVER_URL })));
    expect(on('https://github.com')).toBeUndefined();
    expect(on('https://acme.ghe.com')).toBeUndefined();
    expect(on('https://github.acme.com')).toBe('artifacts-not-supported');
    expect(on('https://evil-ghe.com')).toBe('artifacts-not-supported');
  });

  it('need a job that is told where they go', () => {
    expect(codeOf(() => assertArtifacts(envFrom({})))).toBe('artifact-service-missing');
  });

  it('refuse a record that nobody would read', async () => {
    const store = artifactRecords({
      env: envFrom(service),
      log: silentLogger,
      temporaryDirectory: '/nowhere',
    });
    await expect(
      store.publish({ name: 'x.json', text: 'x'.repeat(maximumRecordBytes + 1) }),
    ).rejects.toMatchObject({ code: 'record-too-large' });
  });
});

describe('a record that is published', () => {
  /** A store that has so many names of the leg already. */
  function store(taken: number, code = 'record-exists') {
    const tried: string[] = [];
    const port: RecordStore = {
      publish: (file) => {
        tried.push(file.name);
        if (tried.length <= taken) return Promise.reject(new OperationError(code, 'no'));
        return Promise.resolve({ name: file.name, place: '', id: 1, digest: undefined });
      },
    };
    return { port, tried };
  }

  it('takes the next name where another job of the run has its own', async () => {
    const { port } = store(2);
    expect(await publishRecord(port, name, '{}')).toMatchObject({
      name: `infra-review_${sha('2')}_all.3_1.json`,
    });
  });

  it('gives up in the end, and at once where it is another fault', async () => {
    const full = store(99);
    await expect(publishRecord(full.port, name, '{}')).rejects.toMatchObject({
      code: 'record-exists',
    });
    expect(full.tried).toHaveLength(9);
    const broken = store(99, 'record-not-published');
    await expect(publishRecord(broken.port, name, '{}')).rejects.toMatchObject({
      code: 'record-not-published',
    });
    expect(broken.tried).toHaveLength(1);
  });
});
