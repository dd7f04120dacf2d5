import { counted } from '../../shared/counted.js';
import type { TextLine } from './line-diff.js';

/** A value of a plan as a report may show it. */
export type ShownValue =
  | {
      readonly kind: 'value';
      readonly value: unknown;
      /** `value` is a piece of a longer text: where it begins, and how long the whole is. */
      readonly from?: number;
      readonly length?: number;
    }
  | { readonly kind: 'sensitive' }
  /** Known after apply. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'absent' };

export interface AttributeChange {
  /** `tags.Name`, `ingress[0].cidr_blocks`, `policy → Statement[0].Action` inside a JSON string. */
  readonly path: string;
  readonly before: ShownValue;
  readonly after: ShownValue;
  /** This change is why the resource is replaced. */
  readonly forcesReplacement: boolean;
  /** The lines that differ, of texts of several lines. */
  readonly lines?: readonly TextLine[];
}

export type ChangeKind =
  | 'destroy'
  | 'replace'
  | 'update'
  | 'create'
  | 'import'
  | 'move'
  /** Taken out of the state, left in the world. */
  | 'forget';

export interface ResourceChange {
  readonly address: string;
  readonly type: string;
  readonly kind: ChangeKind;
  /** Where `moved` blocks bring it from. */
  readonly previousAddress?: string;
  /** Key of an object that an earlier replacement left behind. */
  readonly deposed?: string;
  /** It is also imported by this plan. */
  readonly imported: boolean;
  /** Terraform's own reason, `replace_because_tainted` and the like. */
  readonly reason?: string;
  readonly attributes: readonly AttributeChange[];
  /** How many attributes more it changes than are kept in `attributes`. */
  readonly moreAttributes?: number;
}

export interface OutputChange {
  readonly name: string;
  readonly action: 'create' | 'update' | 'delete';
  readonly before: ShownValue;
  readonly after: ShownValue;
}

/** A provider's action that the plan would invoke (Terraform 1.14 and later). */
export interface ActionInvocation {
  readonly address: string;
  /** What sets it off: `after_create` of a resource; undefined where it was asked for by name. */
  readonly trigger: { readonly event: string; readonly address: string } | undefined;
  /** Its configuration; each is absent before. */
  readonly attributes: readonly AttributeChange[];
}

export interface ChangeCounts {
  readonly add: number;
  readonly change: number;
  readonly replace: number;
  readonly destroy: number;
  readonly import: number;
  readonly move: number;
  readonly forget: number;
}

/** What a plan would do, without any sensitive value. */
export interface PlanChanges {
  /** Most dangerous first, then by address. */
  readonly resources: readonly ResourceChange[];
  readonly outputs: readonly OutputChange[];
  /** In the order of their addresses; absent where there are none. */
  readonly invocations?: readonly ActionInvocation[];
  readonly counts: ChangeCounts;
}

export const noChanges: PlanChanges = {
  resources: [],
  outputs: [],
  counts: { add: 0, change: 0, replace: 0, destroy: 0, import: 0, move: 0, forget: 0 },
};

const severity: readonly ChangeKind[] = [
  'destroy',
  'replace',
  'forget',
  'update',
  'create',
  'import',
  'move',
];

/** Orders by danger, then address, so that a report cut short keeps what matters. */
export function byDanger(left: ResourceChange, right: ResourceChange): number {
  const order = severity.indexOf(left.kind) - severity.indexOf(right.kind);
  if (order !== 0) return order;
  if (left.address === right.address) return 0;
  return left.address < right.address ? -1 : 1;
}

export function countChanges(resources: readonly ResourceChange[]): ChangeCounts {
  const count = (kind: ChangeKind): number =>
    resources.filter((resource) => resource.kind === kind).length;
  return {
    add: count('create'),
    change: count('update'),
    replace: count('replace'),
    destroy: count('destroy'),
    import: resources.filter(({ imported }) => imported).length,
    move: resources.filter(({ previousAddress }) => previousAddress !== undefined).length,
    forget: count('forget'),
  };
}

/** `+2 ~1 -/+1 -3`, or `outputs only`; empty where nothing changes. */
export function shortCounts({ counts, outputs, invocations = [] }: PlanChanges): string {
  const parts = [
    [counts.add, '+'],
    [counts.change, '~'],
    [counts.replace, '-/+'],
    [counts.destroy, '-'],
  ] as const;
  const others = [
    [counts.import, 'imported'],
    [counts.move, 'moved'],
    [counts.forget, 'forgotten'],
  ] as const;
  const text = [
    ...parts.flatMap(([count, sign]) => (count === 0 ? [] : [`${sign}${count}`])),
    ...others.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`])),
    ...(invocations.length === 0 ? [] : [counted(invocations.length, 'action')]),
  ];
  if (text.length === 0 && outputs.length > 0) return 'outputs only';
  return text.join(' ');
}
