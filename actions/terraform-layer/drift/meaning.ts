import { formatLocation } from '../../shared/errors.js';
import { code, text, type Inline, visible } from '../../shared/markdown.js';
import { valuePair, valueText } from '../report/value-text.js';
import type { LocatedAttribute, LocatedResource } from './stack-drift.js';

/** Numbers of things that people change by hand when there is load (Terraform's AWS provider). */
const sizes: Readonly<Record<string, readonly string[]>> = {
  aws_ecs_service: ['desired_count'],
  aws_autoscaling_group: ['desired_capacity', 'min_size', 'max_size'],
  aws_appautoscaling_target: ['min_capacity', 'max_capacity'],
  aws_eks_node_group: ['scaling_config[0].desired_size'],
  aws_rds_cluster: ['serverlessv2_scaling_configuration[0].max_capacity'],
};

const ruleLists = ['ingress', 'egress'];

/** What drift of one resource means, in sentences; pieces that others control are code. */
export function meaningOf(resource: LocatedResource): readonly (readonly Inline[])[] {
  const name = code(visible(resource.address));
  if (resource.kind === 'deleted') {
    return [
      [
        name,
        text(
          ' was deleted by hand. An apply makes it again, as a new one. Where it still exists under another id, import that one instead (command ',
        ),
        code('state'),
        text(': '),
        code(visible(`import ${resource.address} ID`)),
        text('). Where it shall stay away, take it out of the code.'),
      ],
    ];
  }
  const tags = resource.attributes.filter(({ path }) => isTag(path));
  return [
    ...(tags.length === 0 ? [] : [tagSentence(name, tags)]),
    ...resource.attributes
      .filter(({ path }) => !isTag(path))
      .map((attribute) => attributeSentence(name, resource.type, attribute)),
  ];
}

function isTag(path: string): boolean {
  return /^tags(?:_all)?(?:$|[.[])/.test(path);
}

function tagSentence(name: Inline, tags: readonly LocatedAttribute[]): readonly Inline[] {
  const names = tags.map(({ path }) => path.replace(/^tags(?:_all)?\.?/, '') || 'all');
  return [
    name,
    text(`: ${tags.length === 1 ? 'a tag was' : 'tags were'} changed by hand (`),
    code(visible(names.slice(0, 10).join(', '))),
    text(`${names.length > 10 ? ' and more' : ''}). An apply sets the tags back.`),
  ];
}

function attributeSentence(
  name: Inline,
  type: string,
  attribute: LocatedAttribute,
): readonly Inline[] {
  const { path, world } = attribute;
  if (sizes[type]?.includes(path) === true && world.kind === 'value') {
    return [
      name,
      text(path === 'desired_count' ? ' was scaled by hand to ' : ': '),
      ...(path === 'desired_count' ? [] : [code(path), text(' was set by hand to ')]),
      code(valueText(world)),
      text(', '),
      ...sayer(attribute),
      text(' says '),
      code(valueText(attribute.code)),
      text('. An apply sets it back.'),
    ];
  }
  if (attribute.added !== undefined && attribute.removed !== undefined) {
    return listSentence(name, attribute, attribute.added, attribute.removed);
  }
  if (world.kind === 'sensitive') {
    return [name, text(': '), code(visible(path)), text(' (sensitive) was changed by hand.')];
  }
  const [left, right] = valuePair(world, attribute.code);
  return [
    name,
    text(': '),
    code(visible(path)),
    text(' was changed by hand to '),
    code(left),
    text(', '),
    ...sayer(attribute),
    text(' says '),
    code(right),
    text('.'),
  ];
}

function sayer({ origin }: LocatedAttribute): readonly Inline[] {
  if (origin === undefined) return [text('the code')];
  const { file, line } = origin.at;
  return [code(visible(formatLocation({ file, ...(line === undefined ? {} : { line }) })))];
}

function listSentence(
  name: Inline,
  { path }: LocatedAttribute,
  added: NonNullable<LocatedAttribute['added']>,
  removed: NonNullable<LocatedAttribute['removed']>,
): readonly Inline[] {
  const rules = ruleLists.includes(path);
  const words = rules ? `${path} rules` : 'items';
  const list = (items: typeof added): readonly Inline[] =>
    items
      .slice(0, 5)
      .flatMap((item, index): Inline[] => [
        ...(index === 0 ? [] : [text(', ')]),
        code(rules ? visible(ruleText(item)) : valueText(item)),
      ])
      .concat(items.length > 5 ? [text(` and ${items.length - 5} more`)] : []);
  const parts = [
    { items: added, verb: 'added' },
    { items: removed, verb: 'removed' },
  ].filter(({ items }) => items.length > 0);
  return [
    name,
    text(': '),
    ...(rules ? [] : [code(visible(path)), text(' has other items: ')]),
    ...parts.flatMap(({ items, verb }, index): Inline[] => [
      text(`${index === 0 ? '' : '; '}${words} ${verb} by hand: `),
      ...list(items),
    ]),
    ...(parts.length === 0 ? [text(`${words} were put in another order by hand`)] : []),
    text('.'),
  ];
}

/** `tcp 22 from 0.0.0.0/0`, of a rule inside `aws_security_group`. */
function ruleText(rule: NonNullable<LocatedAttribute['added']>[number]): string {
  const value = rule.kind === 'value' ? rule.value : undefined;
  if (typeof value !== 'object' || value === null) return valueText(rule);
  const field = (key: string): unknown => Object.entries(value).find(([name]) => name === key)?.[1];
  const [from, to, protocol] = [field('from_port'), field('to_port'), field('protocol')];
  const peers = ['cidr_blocks', 'ipv6_cidr_blocks', 'prefix_list_ids', 'security_groups'].flatMap(
    (key): unknown[] => {
      const list = field(key);
      return Array.isArray(list) ? list : [];
    },
  );
  if (field('self') === true) peers.push('itself');
  if (typeof protocol !== 'string' || peers.length === 0) return valueText(rule);
  const ports =
    protocol === '-1' ? 'all' : `${protocol} ${from === to ? '' : `${String(from)}–`}${String(to)}`;
  return `${ports} with ${peers.map(String).join(', ')}`;
}
