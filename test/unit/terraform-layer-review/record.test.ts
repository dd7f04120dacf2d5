import fc from 'fast-check';
import { OperationError } from '../../../actions/shared/errors.js';
import { formatPath } from '../../../actions/terraform-layer/review/attribute-diff.js';
import {
  memberPath,
  pathsAbove,
  stepsOf,
} from '../../../actions/terraform-layer/review/attribute-path.js';
import {
  emptyRecord,
  formatReviewRecord,
  parseReviewRecord,
  waitingRecord,
  type ReviewRecord,
} from '../../../actions/terraform-layer/review/record.js';
import { SensitiveValues } from '../../../actions/terraform-layer/review/sensitive-values.js';
import { fitsPattern } from '../../../actions/terraform-layer/review/text-pattern.js';
import { aPlan, aStack, compared, entry, review, testKey } from '../../support/plan-documents.js';
import { terraformFixture } from '../../support/terraform.js';

const change: unknown = JSON.parse(terraformFixture('change.json'));
const create: unknown = JSON.parse(terraformFixture('create.json'));

function runRecord(stacks: ReviewRecord['stacks']): ReviewRecord {
  return {
    ...{ version: 1, repository: 'org/infra', plannedSha: 'a', parents: ['b', 'c'], treeSha: 'd' },
    stacks,
  };
}

describe("the record of Terraform's own plans", () => {
  const { record } = review(change, { key: testKey });

  it('has every kind of change, also those that Terraform calls no-op', () => {
    expect(record.changes.map(({ address, actions }) => [address, actions.join()])).toEqual([
      ['terraform_data.downstream', 'update'],
      ['terraform_data.forgotten', 'forget'],
      ['terraform_data.gone', 'delete'],
      ['terraform_data.imported', 'no-op'],
      ['terraform_data.keyed["b|c"]', 'delete'],
      ['terraform_data.keyed["d"]', 'create'],
      ['terraform_data.moved_to', 'no-op'],
      ['terraform_data.policy', 'update'],
      ['terraform_data.replaced', 'delete,create'],
      ['terraform_data.updated', 'update'],
    ]);
    expect(record.outputs.map(({ name }) => name)).toEqual(['name', 'new', 'old', 'password']);
  });

  it('names the attributes that differ, and tells known from unknown', () => {
    const resource = (address: string) => record.changes.find((each) => each.address === address);
    const digest: unknown = expect.stringMatching(/^[\w-]{22}$/);
    expect(resource('terraform_data.updated')?.leaves).toEqual([
      ['input.name', digest, digest],
      ['input.password', digest, digest],
      ['output', digest, '?'],
    ]);
    expect(resource('terraform_data.keyed["d"]')?.leaves).toEqual([
      ['id', '-', '?'],
      ['input', '-', digest],
      ['output', '-', '?'],
    ]);
    expect(resource('terraform_data.replaced')).toMatchObject({
      replacePaths: ['triggers_replace'],
      reason: 'replace_because_cannot_update',
      identity: digest,
      leaves: [
        ['id', '~', '?'],
        ['input', digest, digest],
        ['output', '~', '?'],
        ['triggers_replace[0]', digest, digest],
      ],
    });
    expect(resource('terraform_data.gone')).toMatchObject({ identity: digest, leaves: [] });
    expect(resource('terraform_data.moved_to')).toMatchObject({
      previousAddress: 'terraform_data.moving_from',
    });
    expect(resource('terraform_data.imported')).toMatchObject({ importing: digest });
  });

  it('keeps sensitive values comparable only with a key', () => {
    const password = (by?: typeof testKey) =>
      review(change, { key: by }).record.outputs.find(({ name }) => name === 'password')?.leaves;
    expect(password()).toEqual([['(all)', '*', '*']]);
    expect(
      password(testKey)?.[0]
        ?.slice(1)
        .every((mark) => mark.length === 22),
    ).toBe(true);
  });

  it('holds none of their values', () => {
    for (const key of [testKey, undefined]) {
      const text = JSON.stringify(review(change, { key }).record);
      for (const value of ['hunter2', 's3:Get', 'an-id', '872da8e2', 'a b"']) {
        expect(text).not.toContain(value);
      }
    }
  });

  it('is equivalent to itself and to nothing else', () => {
    expect(compared(change, change).verdict).toBe('equivalent');
    expect(compared(create, create).verdict).toBe('equivalent');
    expect(compared(create, change).verdict).toBe('different');
  });

  it('is refused where the plan is none', () => {
    expect(() => review({ resource_changes: 'many' })).toThrow(OperationError);
  });
});

describe("a run's record", () => {
  const stacks = [
    review(change, {
      key: testKey,
      providers: { 'registry.terraform.io/hashicorp/aws': '5.100.0' },
    }).record,
    emptyRecord(aStack),
    waitingRecord(aStack, ['layers/00']),
  ];

  it('comes back as it was written', () => {
    const record = runRecord(stacks);
    expect(parseReviewRecord(formatReviewRecord(record))).toEqual({ kind: 'record', record });
  });

  it.each([
    ['not-json', '{'],
    ['malformed', '{}'],
    ['malformed', 'null'],
    ['other-version', JSON.stringify({ ...runRecord([]), version: 2 })],
    ['malformed', JSON.stringify(runRecord(stacks)).replace('"delete"', '7')],
    [
      'malformed',
      JSON.stringify(runRecord(stacks))
        .replace('"*"', '"clear text"')
        .replace(/"leaves":\[\["[^"]*","[^"]*"/, '"leaves":[["p","clear text"'),
    ],
  ])('cannot be used where it is %s', (why, text) => {
    expect(parseReviewRecord(text)).toMatchObject({ kind: 'unusable', why });
  });

  it('cannot be used where it is anything else', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseReviewRecord(text).kind).toBe('unusable');
      }),
    );
  });

  it('stays small for ten thousand resources, and is compared without delay', () => {
    const count = 10_000;
    const large = (size: string) =>
      aPlan(
        Array.from({ length: count }, (_, index) =>
          entry(
            `module.m["${index % 50}"].terraform_data.item[${index}]`,
            ['create'],
            null,
            { input: { name: `item-${index}`, size, password: `secret-${index}-${size}` } },
            {
              after_unknown: { id: true, output: true },
              after_sensitive: { input: { password: true } },
            },
          ),
        ),
      );
    for (const key of [testKey, undefined]) {
      const { record } = review(large('m'), { key });
      expect(formatReviewRecord(runRecord([record])).length).toBeLessThan(4_000_000);
    }
    const started = performance.now();
    const summary = compared(large('m'), large('n'));
    expect(summary.differences).toHaveLength(count);
    // Measured: about a second on a quiet machine; anything quadratic takes minutes.
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});

describe('the path of an attribute', () => {
  const steps = fc.array(fc.oneof(fc.string(), fc.nat({ max: 99 })), {
    minLength: 1,
    maxLength: 5,
  });

  it('is written as in the report, and read back', () => {
    fc.assert(
      fc.property(steps, (path) => {
        const text = path.reduce<string>(memberPath, '');
        expect(text).toBe(formatPath(path));
        expect(stepsOf(text)?.map(({ key }) => key)).toEqual(path);
        const above = path.slice(0, -1).map((_, index) => formatPath(path.slice(0, index + 1)));
        expect(pathsAbove(text)).toEqual([...above.reverse(), '(all)']);
      }),
    );
  });

  it('may be anything in a forged record', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => pathsAbove(text)).not.toThrow();
      }),
    );
  });
});

describe('a pattern', () => {
  it.each([
    ['aws_s3_bucket', 'aws_s3_bucket', true],
    ['aws_s3_bucket', 'aws_s3_bucket.logs', false],
    ['aws_fsx_*', 'aws_fsx_lustre_file_system', true],
    ['module.a["x/y"].*', 'module.a["x/y"].aws_s3_bucket.b[0]', true],
    ['*.b[0]', 'module.a["x/y"].aws_s3_bucket.b[0]', true],
    ['*.b[0]', 'aws_s3_bucket.b0', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*', '', true],
    ['', '', true],
    ['.', 'x', false],
  ])('%s on %s: %s', (pattern, text, fits) => {
    expect(fitsPattern(pattern, text)).toBe(fits);
  });

  it('fits what it was made from, whatever a star stands for', () => {
    const parts = fc.array(fc.string(), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(parts, fc.string(), (pieces, filling) => {
        fc.pre(pieces.every((piece) => !piece.includes('*')));
        expect(fitsPattern(pieces.join('*'), pieces.join(filling))).toBe(true);
      }),
    );
  });
});

describe('sensitive texts', () => {
  it('are found wherever they are, also escaped in a document', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 8 }),
        fc.string({ minLength: 8 }),
        fc.string(),
        fc.string(),
        (secret, second, start, end) => {
          const texts = sensitive(secret, second);
          const holding = start + secret + end;
          expect(texts.isIn(holding)).toBe(true);
          expect(texts.isIn([{ deep: JSON.stringify({ holding }) }])).toBe(true);
          expect(texts.isIn({ [holding]: 1 })).toBe(true);
        },
      ),
    );
  });

  it('do not hide what only begins like them', () => {
    const texts = sensitive('correct horse battery', 'true');
    expect(texts.isIn('correct horse')).toBe(false);
    expect(texts.isIn('true')).toBe(true);
    expect(texts.isIn('it is true')).toBe(false);
    expect(texts.isIn(12)).toBe(false);
    expect(texts.isIn(null)).toBe(false);
  });
});

function sensitive(...texts: readonly string[]): SensitiveValues {
  const values = new SensitiveValues();
  values.collect(texts, true);
  return values;
}
