import { codeOrigins } from '../../../actions/terraform-layer/drift/code-origins.js';
import { editTo } from '../../../actions/terraform-layer/drift/literal.js';
import { load, memoryFiles, s3Backend } from '../../support/stacks.js';

const directory = 'layers/01-app/environments/dev';
const tree = {
  [`${directory}/main.tf`]: `${s3Backend('dev/app.tfstate')}
variable "desired_count" {}
variable "fallback" {
  default = 3
}
variable "services" {}
locals {
  size = var.desired_count
}
resource "aws_ecs_service" "plain" {
  desired_count = var.desired_count
  name          = "literal"
  computed      = var.desired_count + 1
  rule {
    days = 7
  }
  rule {
    days = 8
  }
}
resource "aws_ecs_service" "local" {
  desired_count = local.size
}
resource "aws_ecs_service" "fallback" {
  desired_count = var.fallback
}
resource "aws_ecs_service" "each" {
  for_each      = var.services
  desired_count = each.value.count
}
module "service" {
  for_each = var.services
  source   = "../../module"
  size     = each.value.count
}
`,
  [`${directory}/terraform.tfvars`]: `# sizes
desired_count = 5 # by hand
services = {
  api = { count = 2 }
  "web x" = {
    count = 4
  }
}
`,
  [`${directory}/z.auto.tfvars.json`]: '{ "from_json": 1 }',
  'layers/01-app/module/main.tf': `variable "size" {}
resource "aws_ecs_service" "this" {
  desired_count = var.size
  tags          = { Owner = "me" }
}
`,
};

async function origins(
  variables: Readonly<Record<string, string>> = {},
): ReturnType<typeof codeOrigins> {
  const { stacks } = await load(tree);
  const [stack] = stacks;
  if (stack === undefined) throw new Error('no stack');
  return codeOrigins({
    root: '/nowhere',
    stack,
    variables,
    varFiles: [],
    files: memoryFiles(tree),
  });
}

describe('the line that gives a value', () => {
  it.each([
    ['aws_ecs_service.plain', ['desired_count'], `${directory}/terraform.tfvars:2`],
    ['aws_ecs_service.plain', ['name'], `${directory}/main.tf:18`],
    ['aws_ecs_service.plain', ['rule', 1, 'days'], `${directory}/main.tf:24`],
    ['aws_ecs_service.local', ['desired_count'], `${directory}/terraform.tfvars:2`],
    ['aws_ecs_service.fallback', ['desired_count'], `${directory}/main.tf:10`],
    ['aws_ecs_service.each["web x"]', ['desired_count'], `${directory}/terraform.tfvars:6`],
    [
      'module.service["api"].aws_ecs_service.this',
      ['desired_count'],
      `${directory}/terraform.tfvars:4`,
    ],
    [
      'module.service["api"].aws_ecs_service.this',
      ['tags', 'Owner'],
      'layers/01-app/module/main.tf:4',
    ],
  ])('of %s %j', async (address, steps, expected) => {
    const at = (await origins())(address, steps)?.at;
    expect(`${at?.file ?? ''}:${at?.line ?? ''}`).toBe(expected);
  });

  it.each([
    ['what is computed', 'aws_ecs_service.plain', ['computed']],
    ['a resource that is not there', 'aws_ecs_service.other', ['desired_count']],
    ['a module that is not there', 'module.x.aws_ecs_service.this', ['desired_count']],
    ['an attribute that is not there', 'aws_ecs_service.plain', ['other']],
    ['what is no address', 'x', ['y']],
  ])('is not found for %s', async (_, address, steps) => {
    expect((await origins())(address, steps)).toBeUndefined();
  });

  it('is none where the workflow gives the value', async () => {
    const find = await origins({ desired_count: '7' });
    expect(find('aws_ecs_service.plain', ['desired_count'])).toBeUndefined();
  });
});

describe('the edit that is offered', () => {
  const origin = {
    at: { file: 'x.tfvars', line: 2, column: 6 },
    value: 5,
    line: { text: 'n  = 5 # five', start: 5, end: 6 },
  };

  it('changes the value alone', () => {
    expect(editTo(origin, 20)).toEqual({
      file: 'x.tfvars',
      line: 2,
      before: 'n  = 5 # five',
      after: 'n  = 20 # five',
    });
  });

  it('writes text as Terraform reads it', () => {
    const text = { ...origin, value: 'a' };
    expect(editTo(text, 'say "${x}"')?.after).toBe('n  = "say \\"$${x}\\"" # five');
    expect(editTo(text, 20)?.after).toBe('n  = "20" # five');
    expect(editTo(origin, '20')?.after).toBe('n  = 20 # five');
  });

  it.each([[undefined], [null], [{ a: 1 }], [['x']], ['two\nlines']])('is none for %j', (world) => {
    expect(editTo(origin, world)).toBeUndefined();
  });

  it('is none where the line is not known', () => {
    expect(editTo({ at: { file: 'x.json' }, value: undefined }, 1)).toBeUndefined();
  });
});
