import { classifyDrift } from '../../../actions/terraform-layer/drift/classify-drift.js';
import { driftPage } from '../../../actions/terraform-layer/drift/drift-page.js';
import { planIssues } from '../../../actions/terraform-layer/drift/issue-plan.js';
import {
  locateDrift,
  type StackDrift,
} from '../../../actions/terraform-layer/drift/stack-drift.js';
import type { Origin } from '../../../actions/terraform-layer/drift/literal.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import { aDriftedResource, aStackDrift } from '../../support/drift.js';
import { layeredTree, load } from '../../support/stacks.js';
import { terraformFixture } from '../../support/terraform.js';

let stacks: readonly Stack[];
let stack: Stack;
beforeAll(async () => {
  ({ stacks } = await load(layeredTree(['dev'])));
  const [first] = stacks;
  if (first === undefined) throw new Error('no stack');
  stack = first;
});

/** What the real plan has drifted, with the line that says how many tasks there shall be. */
function realDrift(): StackDrift {
  const findings = classifyDrift(JSON.parse(terraformFixture('drift.json')));
  const file = `${stack.directory}/terraform.tfvars`;
  const origin: Origin = {
    at: { file, line: 1, column: 17 },
    value: 5,
    line: { text: 'desired_count = 5', start: 16, end: 17 },
  };
  return locateDrift(
    stack,
    findings,
    (address, [first]) =>
      address === 'aws_ecs_service.app' && first === 'desired_count' ? origin : undefined,
    stacks,
  );
}

describe('what is said of drift', () => {
  it.each([
    [
      'a service that was scaled',
      '`aws_ecs_service.app` was scaled by hand to `20`, `layers/01-foundation/environments/dev/terraform.tfvars:1` says `5`',
    ],
    ['the edit that keeps it', '-desired_count = 5\n+desired_count = 20'],
    ['tags', '`aws_ssm_parameter.tagged`: tags were changed by hand (`Added, Owner, Team`)'],
    ['a long list by what came', '`ingress` | 1 item | 2 items (1 added, 0 removed) | 1 item'],
    ['a rule', 'ingress rules added by hand: `tcp 22 with 0.0.0.0/0`'],
    ['a deletion', '`aws_ssm_parameter.deleted` was deleted by hand'],
    ['a deletion, with the import', '`import aws_ssm_parameter.deleted ID`'],
    ['a secret', '`value` (sensitive) was changed by hand'],
    [
      'anything else',
      '`insecure_value` was changed by hand to `"by hand"`, the code says `"by code"`',
    ],
    ['what is pending', '`terraform_data.pending`: `input`'],
  ])('names %s', (_, expected) => {
    expect(driftPage(realDrift(), 60_000)).toContain(expected);
  });

  it('warns where another stack reads the file of an edit', () => {
    const shared = { ...stack, id: 'other', displayId: 'other/dev', directory: 'elsewhere' };
    const reader = { ...shared, moduleDirectories: ['modules/app'] };
    const origin: Origin = {
      at: { file: 'modules/app/main.tf', line: 1, column: 5 },
      value: 'by code',
      line: { text: 'n = "by code"', start: 4, end: 13 },
    };
    const findings = aStackDrift(stack, aDriftedResource('aws_x.y', 'n', 'by hand')).findings;
    const drift = locateDrift(stack, findings, () => origin, [stack, reader]);
    expect(drift.offers).toMatchObject([{ alsoIn: ['other/dev'] }]);
    expect(driftPage(drift, 60_000)).toContain('is read by other stacks as well: `other/dev`');
  });

  it('offers no edit where the line says something else than the plan', () => {
    const origin: Origin = {
      at: { file: 'x.tf', line: 1, column: 5 },
      value: 'other',
      line: { text: 'n = "other"', start: 4, end: 11 },
    };
    const findings = aStackDrift(stack, aDriftedResource('aws_x.y', 'n', 'by hand')).findings;
    expect(locateDrift(stack, findings, () => origin, [stack]).offers).toEqual([]);
  });
});

describe('hostile and huge drift', () => {
  it('cannot ping, link or break out', () => {
    const hostile = 'x`|\n</details><!-- @octocat #1 ‮';
    const drift = aStackDrift(stack, aDriftedResource(`aws_x.y["${hostile}"]`, hostile, hostile));
    const page = driftPage(drift, 60_000);
    // Outside of code spans, none of it stands.
    const outside = page.replaceAll(/(`+)[^]*?[^`]\1(?!`)/g, '');
    expect(outside).not.toMatch(/octocat|<\/details>|<!--/);
    expect(page).not.toContain('\u202E');
  });

  it.each([1, 10, 1000, 5000])('of %d resources fits an issue', (count) => {
    const long = 'x'.repeat(300);
    const resources = Array.from({ length: count }, (_, index) =>
      aDriftedResource(`aws_x.y${index}`, 'value', `${long}${index}`),
    );
    const drift = aStackDrift(stack, ...resources);
    const [step] = planIssues([], [{ stack, drift }], {
      workingDirectory: '.',
      author: 'x',
      runUrl: 'https://example.com',
      now: '2026-03-01T10:00:00.000Z',
      stacks,
    });
    const body = step?.kind === 'open' ? step.body : '';
    expect(body.length).toBeLessThan(65_536);
    expect(body).toContain('aws_x.y0');
    expect(body).toContain('To set the world back');
  });
});
