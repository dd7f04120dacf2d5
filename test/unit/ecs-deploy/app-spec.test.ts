import fc from 'fast-check';
import { parse } from 'yaml';
import {
  fillAppSpec,
  generateAppSpec,
  hooksOfText,
  readAppSpec,
  taskDefinitionOfText,
} from '../../../actions/ecs-deploy/strategies/code-deploy/app-spec.js';
import { UserError } from '../../../actions/shared/errors.js';

const ARN = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7';

const yaml = (taskDefinition: string): string => `# who is asked: team web
version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: ${taskDefinition}   # set by the deploy
        LoadBalancerInfo:
          ContainerName: "fastapi"
          ContainerPort: 8000
        PlatformVersion: "LATEST"
        NetworkConfiguration:
          AwsvpcConfiguration:
            Subnets: ["subnet-1", "subnet-2"]
            SecurityGroups: ["sg-1"]
            AssignPublicIp: "DISABLED"
        CapacityProviderStrategy:
          - { Base: 1, CapacityProvider: "FARGATE_SPOT", Weight: 2 }
Hooks:
  - BeforeInstall: "migrate"
  - AfterAllowTestTraffic: "smoke"
`;

/** The codes of the problems, with their messages. */
function problems(text: string): readonly string[] {
  try {
    readAppSpec(text, 'appspec.yaml');
    return [];
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    return thrown.problems.map(({ code, message }) => `${code}: ${message}`);
  }
}

describe('an AppSpec file', () => {
  it.each([
    ['the usual placeholder', '<TASK_DEFINITION>'],
    ['a quoted one', '"<TASK_DEFINITION>"'],
    ['an older revision', 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1'],
    ['a family', "'web'"],
  ])('with %s gets its task definition, and nothing else changes', (_, value) => {
    const draft = readAppSpec(yaml(value), 'appspec.yaml');
    expect(fillAppSpec(draft, ARN)).toBe(yaml(`"${ARN}"`));
    expect(draft.containerName).toBe('fastapi');
    expect(draft.hooks).toEqual({ BeforeInstall: 'migrate', AfterAllowTestTraffic: 'smoke' });
  });

  it('in JSON stays JSON, byte for byte', () => {
    const json = (value: string): string =>
      `{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service",\n\t"Properties": {"TaskDefinition": "${value}", "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 80}, "Unknown": [1.50, {}, ""]}}}],\n"Hooks": [{"AfterInstall": "check"}]}`;
    const filled = fillAppSpec(readAppSpec(json('<TASK_DEFINITION>'), 'appspec.json'), ARN);
    expect(filled).toBe(json(ARN));
    expect(() => JSON.parse(filled) as unknown).not.toThrow();
  });

  it('with keys in another case, as other tools take them', () => {
    const text = yaml('<TASK_DEFINITION>').replace('Resources:', 'resources:');
    expect(fillAppSpec(readAppSpec(text, 'appspec.yaml'), ARN)).toContain(ARN);
  });

  it('keeps whatever else its properties hold', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.stringMatching(/^[A-Z][a-zA-Z]{3,12}$/),
          fc.oneof(fc.string(), fc.integer(), fc.array(fc.string()), fc.constant({})),
        ),
        fc.string(),
        (more, comment) => {
          const text = JSON.stringify({
            version: 0,
            Resources: [
              {
                [`Service${comment.length}`]: {
                  Type: 'AWS::ECS::Service',
                  Properties: {
                    ...more,
                    TaskDefinition: comment === '' ? 'x' : comment,
                    LoadBalancerInfo: { ContainerName: 'app', ContainerPort: 80 },
                  },
                },
              },
            ],
          });
          const filled = fillAppSpec(readAppSpec(text, 'appspec.json'), ARN);
          const before = JSON.parse(text) as {
            Resources: Record<string, { Properties: object }>[];
          };
          const [resource] = Object.values(before.Resources[0] ?? {});
          Object.assign(resource?.Properties ?? {}, { TaskDefinition: ARN });
          expect(JSON.parse(filled)).toEqual(before);
        },
      ),
    );
  });

  it.each([
    ['no YAML', 'a: b: c', /appspec-malformed: .*mapping/],
    ['no resources', 'version: 0.0', /one entry in Resources/],
    ['two resources', yaml('x').replace('Hooks:', '  - Other: {}\nHooks:'), /one entry in/],
    ['no task definition', yaml(''), /has no TaskDefinition/],
    ['no container', yaml('x').replace('ContainerName', 'Name'), /names no ContainerName/],
    ['a hook that takes no function', yaml('x').replace('BeforeInstall', 'Install'), /"Install"/],
  ])('with %s is refused', (_, text, message) => {
    expect(problems(text)).toEqual([expect.stringMatching(message)]);
  });

  it('with several problems is refused with all of them', () => {
    const text = yaml('').replace('ContainerName', 'Name').replace('BeforeInstall', 'End');
    expect(problems(text)).toHaveLength(3);
  });
});

describe('an AppSpec that is made', () => {
  it('names task definition, container and port, and leaves the rest to what runs', () => {
    const text = fillAppSpec(generateAppSpec('app', 8080), ARN);
    expect(text).toMatch(/^version: 0\.0\n/);
    expect(parse(text)).toEqual({
      version: 0,
      Resources: [
        {
          TargetService: {
            Type: 'AWS::ECS::Service',
            Properties: {
              TaskDefinition: ARN,
              LoadBalancerInfo: { ContainerName: 'app', ContainerPort: 8080 },
            },
          },
        },
      ],
    });
  });
});

it('what a deployment was given is read back', () => {
  expect(hooksOfText(yaml(ARN))).toEqual({
    BeforeInstall: 'migrate',
    AfterAllowTestTraffic: 'smoke',
  });
  expect(taskDefinitionOfText(yaml(ARN))).toBe(ARN);
  expect(hooksOfText(undefined)).toEqual({});
  expect(hooksOfText('a: b: c')).toEqual({});
  expect(taskDefinitionOfText(undefined)).toBeUndefined();
});
