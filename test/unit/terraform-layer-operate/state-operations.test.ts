import fc from 'fast-check';
import { UserError } from '../../../actions/shared/errors.js';
import {
  describeEffects,
  stateReport,
} from '../../../actions/terraform-layer/commands/state-report.js';
import { formatJournal } from '../../../actions/terraform-layer/sidecar/journal.js';
import type { Recovery } from '../../../actions/terraform-layer/sidecar/recovery.js';
import { checkOperations } from '../../../actions/terraform-layer/state/check-operations.js';
import {
  chooseRecovery,
  recoveryProblems,
  withRestored,
} from '../../../actions/terraform-layer/state/choose-recovery.js';
import {
  forgetOrphans,
  journalOrphans,
} from '../../../actions/terraform-layer/state/forget-orphans.js';
import {
  parseOperations,
  splitWords,
  type WrittenAddress,
} from '../../../actions/terraform-layer/state/operations.js';
import {
  parseStateDocument,
  withSerial,
} from '../../../actions/terraform-layer/state/state-document.js';
import { chooseVersion } from '../../../actions/terraform-layer/state/versions.js';
import {
  formatAddress,
  isWithin,
  parseAddress,
  type ResourceAddress,
} from '../../../actions/terraform-layer/terraform/resource-address.js';
import type { StateVersions } from '../../../actions/terraform-layer/sidecar/state-versions.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import { lockText, memorySidecar, type MemorySidecar } from '../../support/sidecars.js';
import { layeredTree, load } from '../../support/stacks.js';
import { aResource, changesOf } from '../../support/terraform.js';

let stack: Stack;
beforeAll(async () => {
  const [first] = (await load(layeredTree(['dev']))).stacks;
  if (first === undefined) throw new Error('no stack');
  stack = first;
});

const codes = (problems: readonly { readonly code: string }[]): readonly string[] =>
  problems.map(({ code }) => code);

describe('an address', () => {
  const key = fc.oneof(fc.nat(99), fc.string({ unit: 'binary', maxLength: 12 }));
  const name = fc
    .stringMatching(/^[a-z_][a-z0-9_-]{0,8}$/)
    .filter((text) => text !== 'data' && text !== 'module');
  const withKey = fc.record({ name, key }, { requiredKeys: ['name'] });
  const address: fc.Arbitrary<ResourceAddress> = fc.record({
    modules: fc.array(withKey, { maxLength: 3 }),
    resource: fc.record(
      { mode: fc.constantFrom('managed', 'data'), type: name, name, key },
      { requiredKeys: ['mode', 'type', 'name'] },
    ),
  });

  it('is read as it was written, whatever its keys hold', () => {
    fc.assert(
      fc.property(address, (value) => {
        expect(parseAddress(formatAddress(value))).toEqual(value);
      }),
    );
  });

  it('stays one word in a line of operations', () => {
    fc.assert(
      fc.property(address, (value) => {
        const text = formatAddress(value);
        // A line break ends a line before it is split.
        fc.pre(!/[\r\n]/.test(text));
        expect(splitWords(`rm ${text}`)).toEqual(['rm', text]);
      }),
    );
  });

  it.each([
    '',
    'aws_x',
    'aws_x.',
    'module.',
    'aws_x.y[',
    'aws_x.y[x]',
    'aws_x.y["a"',
    'a.b.c',
    '-x.y',
  ])('is not %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it.each([
    ['aws_x.y[0]', 'aws_x.y', true],
    ['aws_x.y[0]', 'aws_x.y[0]', true],
    ['aws_x.y[0]', 'aws_x.y[1]', false],
    ['module.a["k"].aws_x.y', 'module.a', true],
    ['module.a["k"].aws_x.y', 'module.a["k"]', true],
    ['module.a["k"].module.b.aws_x.y', 'module.a["k"].module.b', true],
    ['module.a["k"].aws_x.y', 'module.a.aws_x.y', false],
    ['module.ab.aws_x.y', 'module.a', false],
    ['aws_x.y', 'module.a', false],
    ['module.a.aws_x.y', 'aws_x.y', false],
  ])('%s within %s: %j', (inner, outer, expected) => {
    const [a, b] = [parseAddress(inner), parseAddress(outer)];
    expect(a !== undefined && b !== undefined && isWithin(a, b)).toBe(expected);
  });
});

describe('lines of operations', () => {
  it.each([
    ['rm aws_x.y', ['rm', 'aws_x.y']],
    ['mv  aws_x.y["a b"]   aws_x.z["it\'s"]', ['mv', 'aws_x.y["a b"]', 'aws_x.z["it\'s"]']],
    ['rm \'aws_x.y["a b"]\'', ['rm', 'aws_x.y["a b"]']],
    ['rm "aws_x.y[\\"a b\\"]"', ['rm', 'aws_x.y["a b"]']],
    ['import aws_x.y "an id with spaces"', ['import', 'aws_x.y', 'an id with spaces']],
    ['import aws_x.y $(reboot);`x`', ['import', 'aws_x.y', '$(reboot);`x`']],
    ['import aws_x.y ""', ['import', 'aws_x.y', '']],
    ['rm aws_x.y["a', undefined],
    ["rm 'aws_x.y", undefined],
  ])('%j become words', (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  it('tell every problem at once', () => {
    const { problems } = parseOperations([
      'explode aws_x.y',
      'mv aws_x.y',
      'rm not-an-address',
      'import data.aws_x.y id',
      'import module.m id',
      "rm 'open",
      'restore v1',
    ]);
    expect(codes(problems)).toEqual([
      'state-operation-unknown',
      'state-operation-malformed',
      'state-address-malformed',
      'state-address-malformed',
      'state-address-malformed',
      'state-operation-malformed',
      'state-restore-alone',
    ]);
    expect(codes(parseOperations([]).problems)).toEqual(['state-operations-missing']);
  });
});

/** Terraform's own shape; the tainted one is `aws_x.list[1]`. */
const document = JSON.stringify({
  version: 4,
  serial: 7,
  lineage: 'l',
  outputs: { big: { value: 0, serial: 1 } },
  resources: [
    { mode: 'managed', type: 'aws_x', name: 'one', instances: [{}] },
    {
      mode: 'managed',
      type: 'aws_x',
      name: 'list',
      instances: [{ index_key: 0 }, { index_key: 1, status: 'tainted' }],
    },
    {
      module: 'module.m["a.b"]',
      mode: 'managed',
      type: 'aws_x',
      name: 'each',
      instances: [{ index_key: 'k' }, { index_key: 'k', deposed: '1234' }],
    },
    { mode: 'data', type: 'aws_x', name: 'read', instances: [{}] },
  ],
});

function check(...lines: readonly string[]): ReturnType<typeof checkOperations> {
  const { operations, problems } = parseOperations(lines);
  expect(problems).toEqual([]);
  return checkOperations(operations, parseStateDocument(document)?.instances ?? []);
}

describe('operations on a state', () => {
  it('see what those before them leave', () => {
    const { effects, problems } = check(
      'mv aws_x.one aws_x.two',
      'mv aws_x.two aws_x.one',
      'rm aws_x.one',
      'import aws_x.one id',
      'untaint aws_x.list[1]',
      'mv module.m["a.b"] module.n["z"]',
      'rm module.n',
    );
    expect(problems).toEqual([]);
    expect(effects.map(({ addresses, becomes }) => [addresses, becomes])).toEqual([
      [['aws_x.one'], ['aws_x.two']],
      [['aws_x.two'], ['aws_x.one']],
      [['aws_x.one'], []],
      [[], ['aws_x.one']],
      [['aws_x.list[1]'], []],
      [['module.m["a.b"].aws_x.each["k"]'], ['module.n["z"].aws_x.each["k"]']],
      [['module.n["z"].aws_x.each["k"]'], []],
    ]);
  });

  it.each([
    ['mv aws_x.list aws_x.more', ['aws_x.more[0]', 'aws_x.more[1]']],
    ['mv aws_x.one aws_x.list[2]', ['aws_x.list[2]']],
    ['mv aws_x.one module.q.aws_x.one', ['module.q.aws_x.one']],
    ['mv aws_x.list[0] aws_x.single', ['aws_x.single']],
  ])('%s', (line, becomes) => {
    const { effects, problems } = check(line);
    expect(problems).toEqual([]);
    expect(effects[0]?.becomes).toEqual(becomes);
  });

  it.each([
    ['rm aws_x.none', 'state-address-unknown'],
    ['rm data.aws_x.read', undefined],
    ['import aws_x.one id', 'state-address-taken'],
    ['import aws_x.list id', 'state-address-taken'],
    ['mv aws_x.one aws_x.list[0]', 'state-address-taken'],
    ['mv aws_x.one aws_other.one', 'state-move-mismatch'],
    ['mv module.m["a.b"] aws_x.m', 'state-move-mismatch'],
    ['mv aws_x.list aws_x.more["k"]', 'state-move-mismatch'],
    ['untaint aws_x.one', 'state-not-tainted'],
    ['untaint aws_x.list', 'state-not-tainted'],
    ['untaint aws_x.none', 'state-address-unknown'],
    ['forget aws_x.one', 'state-orphan-unknown'],
    ['forget recovery', 'state-recovery-none'],
    ['forget nothing', 'state-address-malformed'],
  ])('%s is refused: %s', (line, code) => {
    const { operations, problems } = parseOperations([line]);
    const all = [
      ...problems,
      ...checkOperations(operations, parseStateDocument(document)?.instances ?? []).problems,
    ];
    expect(codes(all)).toEqual([code ?? 'state-address-malformed']);
  });

  it('are described before they are done', () => {
    const lines = describeEffects(
      'tofu',
      check('mv aws_x.list aws_x.more', 'rm aws_x.one').effects,
    );
    expect(lines).toContain('   aws_x.list[0] becomes aws_x.more[0]');
    expect(lines).toContain('   aws_x.one is forgotten, and stays in the world');
    expect(lines).toContain('   tofu "state" "rm" "aws_x.one"');
  });
});

describe('the audit', () => {
  it('says who, when, which run, what, and both serials', () => {
    const { effects } = check('rm aws_x.one', 'rm aws_x.list', 'rm module.m["a.b"]');
    const before = parseStateDocument(document);
    const [first, second] = effects;
    if (before === undefined || first === undefined || second === undefined) throw new Error();
    const { summary } = stateReport({
      stack,
      actor: 'octocat',
      runUrl: 'https://github.com/acme/infra/actions/runs/1',
      at: '2026-03-01T10:00:00.000Z',
      effects,
      before,
      dryRun: false,
      done: [
        { operation: first.operation, run: { end: 'succeeded', lines: [] } },
        { operation: second.operation, run: { end: 'failed', lines: ['Error: <b>no</b>'] } },
      ],
      after: { ...before, serial: 8 },
      copy: 's3://states/key.infra/copy',
    });
    for (const part of [
      '`octocat`',
      '2026-03-01T10:00:00.000Z',
      'actions/runs/1',
      '`rm aws_x.one`',
      '7 before, 8 after',
      's3://states/key.infra/copy',
      '✅ done',
      '❌ failed',
      'not tried',
      'Error: <b>no</b>',
    ]) {
      expect(summary).toContain(part);
    }
  });

  it('shows what a plan would change afterwards', () => {
    const { summary } = stateReport({
      stack,
      actor: undefined,
      runUrl: undefined,
      at: '2026-03-01T10:00:00.000Z',
      effects: [],
      before: undefined,
      dryRun: false,
      changes: changesOf(aResource('destroy', 'aws_x.y')),
    });
    expect(summary).toContain('A plan afterwards would change: -1');
    expect(summary).toContain('- destroy aws_x.y');
  });
});

describe('a version that is restored', () => {
  const versions: StateVersions = {
    list: () => Promise.resolve([{ id: 'v1', at: '2026-03-01T10:00:00.000Z', current: true }]),
    read: (id) =>
      Promise.resolve({ v1: document, other: document.replace('"l"', '"m"'), bad: '{' }[id]),
  };
  const current = { serial: 9, lineage: 'l', instances: [] };

  async function refused(id: string, from: StateVersions | undefined): Promise<unknown> {
    try {
      return await chooseVersion(id, from, current, stack);
    } catch (error) {
      if (error instanceof UserError) return codes(error.problems);
      throw error;
    }
  }

  it('gets a serial above the current one, and is otherwise as it was', async () => {
    const text = await chooseVersion('v1', versions, current, stack);
    expect(text).toBe(document.replace('"serial":7', '"serial":10'));
  });

  it.each([
    ['nothing', 'state-version-unknown'],
    ['other', 'state-version-lineage'],
    ['bad', 'state-version-unreadable'],
  ])('is not %s', async (id, code) => {
    expect(await refused(id, versions)).toEqual([code]);
  });

  it('is not there for a backend whose versions cannot be read', async () => {
    expect(await refused('v1', undefined)).toEqual(['state-restore-not-supported']);
  });

  it('keeps numbers that JavaScript cannot hold', () => {
    const big = document.replace('"value":0', '"value":12345678901234567890');
    expect(withSerial(big, 8)).toContain('12345678901234567890');
    expect(withSerial('{"x": 1}', 8)).toBeUndefined();
  });
});

describe('what killed applies left', () => {
  const vpc = { address: 'module.net["a"].aws_vpc.this', id: 'vpc-1' };
  const other = { address: 'aws_vpc.other' };
  const entries = [vpc, { ...vpc, id: 'vpc-2' }, other];

  function journalled(): MemorySidecar {
    const sidecar = memorySidecar();
    const startedAt = '2026-01-01T00:00:00Z';
    sidecar.objects.set('journal', formatJournal({ version: 1, startedAt, resources: entries }));
    return sidecar;
  }
  function forgetting(text: string): WrittenAddress {
    const [operation] = parseOperations([`forget ${text}`]).operations;
    if (operation?.kind !== 'forget' || operation.at === undefined) throw new Error(text);
    return operation.at;
  }
  const left = async (sidecar: MemorySidecar): Promise<readonly string[]> =>
    (await journalOrphans(sidecar)).map(({ address }) => address);

  it('is named by address, with every object at it', async () => {
    const { operations } = parseOperations(['forget module.net', 'forget aws_vpc.other']);
    const orphans = await journalOrphans(journalled());
    const { effects, problems } = checkOperations(operations, [], { orphans, recovery: false });
    expect(problems).toEqual([]);
    expect(effects.map(({ addresses }) => addresses)).toEqual([
      [`${vpc.address}, id vpc-1`, `${vpc.address}, id vpc-2`],
      ['aws_vpc.other, id unknown'],
    ]);
    expect(describeEffects('terraform', effects).join()).not.toContain('terraform');
  });

  it('is forgotten, and the journal with the last of it', async () => {
    const sidecar = journalled();
    expect(
      await forgetOrphans(sidecar, forgetting('module.net["a"].aws_vpc.this')),
    ).toBeUndefined();
    expect(await left(sidecar)).toEqual([other.address]);
    await forgetOrphans(sidecar, forgetting(other.address));
    expect(sidecar.objects.has('journal')).toBe(false);
  });

  it('is not touched while somebody holds the lock', async () => {
    const sidecar = journalled();
    sidecar.lock = lockText('of another');
    expect(await forgetOrphans(sidecar, forgetting(other.address))).toContain('locked');
    expect(await left(sidecar)).toHaveLength(3);
  });
});

describe('a state that an apply could not write', () => {
  const recovery: Recovery = {
    text: document,
    place: 's3://r',
    obstacle: undefined,
    isOldCopy: false,
  };
  const current = (serial: number, lineage = 'l') => ({ serial, lineage, instances: [] });
  const problemsOf = (line: string, found: Recovery | undefined): readonly string[] =>
    codes(recoveryProblems(parseOperations([line]).operations, found));

  it('comes before any other operation', () => {
    expect(problemsOf('rm aws_x.one', recovery)).toEqual(['recovery-pending']);
    expect(problemsOf('restore v1', recovery)).toEqual(['recovery-pending']);
    expect(problemsOf('restore recovery', recovery)).toEqual([]);
    expect(problemsOf('forget recovery', recovery)).toEqual([]);
    expect(problemsOf('rm aws_x.one', undefined)).toEqual([]);
  });

  it('is put back as it is, or under a serial above one that was written since', () => {
    expect(chooseRecovery(recovery, undefined)).toBe(document);
    expect(chooseRecovery(recovery, current(6))).toBe(document);
    expect(chooseRecovery(recovery, current(9))).toBe(
      document.replace('"serial":7', '"serial":10'),
    );
  });

  it.each<readonly [string, Recovery | undefined]>([
    ['state-recovery-none', undefined],
    ['state-version-unreadable', { ...recovery, text: '{' }],
    ['state-version-lineage', { ...recovery, text: document.replace('"l"', '"m"') }],
  ])('is refused: %s', (code, found) => {
    expect(() => chooseRecovery(found, current(6))).toThrow(UserError);
    try {
      chooseRecovery(found, current(6));
    } catch (error) {
      expect(error instanceof UserError && codes(error.problems)).toEqual([code]);
    }
  });

  it('says first what is lost by it, and what comes with it', () => {
    const before = parseStateDocument(document.replace('"one"', '"since"'));
    const { effects } = check('restore recovery');
    const [effect] = withRestored(effects, before, document);
    expect(effect).toMatchObject({ addresses: ['aws_x.since'], becomes: ['aws_x.one'] });
    expect(describeEffects('terraform', effect === undefined ? [] : [effect])).toContain(
      '   aws_x.since is not in it, and is forgotten',
    );
  });
});
