import type { SourceLocation } from '../../shared/errors.js';
import type { ApplyPolicy, EnvironmentConfig, Guards } from './infra-config.js';
import type { InfraFile } from './infra-schema.js';

/** Usual names, in the order of promotion. */
const ranks: readonly RegExp[] = [
  /^(?:global|shared|common)$/,
  /^(?:dev|develop|development|local|sandbox)$/,
  /^(?:test|testing|qa|int|integration|testnet|stokenet)$/,
  /^(?:stag|stage|staging|uat|preprod|pre-prod|acceptance)$/,
  /^(?:prod|production|live|mainnet)$/,
];

const sharedRank = 0;
const lastAutomaticRank = 2;

function rankOf(name: string): number | undefined {
  const rank = ranks.findIndex((pattern) => pattern.test(name.toLowerCase()));
  return rank < 0 ? undefined : rank;
}

/**
 * Settings of each environment. Where `infra.yml` names none, `found` are the names that
 * directories and var files give, promoted in the usual order: dev, test, staging, production; a
 * name that is not a usual one comes last and asks for approval, which is the safe side.
 */
export function environmentConfigs(
  file: InfraFile,
  found: Iterable<string>,
  at?: Place,
): readonly EnvironmentConfig[] {
  const declared = Object.entries(file.environments);
  if (declared.length > 0) {
    return inPromotionOrder(
      declared.map(([name, settings]) =>
        configOf(
          file,
          name,
          settings ?? {},
          settings?.after ?? [],
          declared.map(([other]) => other),
          at,
        ),
      ),
    );
  }
  const names = [...new Set(found)].sort();
  return inPromotionOrder(
    names.map((name) => configOf(file, name, {}, usualPredecessors(name, names), names, at)),
  );
}

function configOf(
  file: InfraFile,
  name: string,
  settings: NonNullable<InfraFile['environments'][string]>,
  after: readonly string[],
  names: readonly string[],
  at: Place | undefined,
): EnvironmentConfig {
  const rank = rankOf(name);
  const apply: ApplyPolicy =
    settings.apply ??
    (rank !== undefined && rank !== sharedRank && rank <= lastAutomaticRank ? 'auto' : 'approval');
  return {
    name,
    apply,
    after,
    ...(settings.after === undefined ? {} : { promotedFrom: settings.after }),
    unreviewed: settings.unreviewed ?? (apply === 'auto' ? 'allow' : 'stop'),
    ...(settings.region === undefined ? {} : { region: settings.region }),
    ...(settings['plan-role'] === undefined ? {} : { planRole: settings['plan-role'] }),
    ...(settings['apply-role'] === undefined ? {} : { applyRole: settings['apply-role'] }),
    ...(settings['review-key'] === undefined ? {} : { reviewKey: settings['review-key'] }),
    gate: settings.gate ?? 'environment',
    approvals: settings.approvals ?? 1,
    guards: guardsOf(file, settings.guards ?? {}),
    ...variablesOf(file, name, settings.variables ?? {}, at),
    shared: settings.shared ?? rank === sharedRank,
    stateNameAliases: file['state-name-aliases'][name] ?? usualAliases(name, names),
  };
}

/** Short and long names that state names mix, unless each is an environment. */
function usualAliases(name: string, names: readonly string[]): readonly string[] {
  const alias = { production: 'prod', prod: 'production' }[name];
  return alias === undefined || names.includes(alias) ? [] : [alias];
}

/** Place of the value at a path of `infra.yml`. */
type Place = (path: readonly PropertyKey[]) => SourceLocation;

/** `{project}` is filled in here, where it is known; the environment and the stack when it is used. */
function variablesOf(
  file: InfraFile,
  environment: string,
  own: Readonly<Record<string, string>>,
  at: Place | undefined,
): Pick<EnvironmentConfig, 'variables' | 'variablePlaces'> {
  const all = Object.entries({ ...file.variables, ...own });
  const { project } = file;
  return {
    variables: Object.fromEntries(
      all.map(([name, source]) => [
        name,
        project === undefined ? source : source.replaceAll('{project}', project),
      ]),
    ),
    ...(at === undefined || all.length === 0
      ? {}
      : {
          variablePlaces: Object.fromEntries(
            all.map(([name]) => [
              name,
              at(
                Object.hasOwn(own, name)
                  ? ['environments', environment, 'variables', name]
                  : ['variables', name],
              ),
            ]),
          ),
        }),
  };
}

/** Types whose loss is lost data, or breaks what others rely on. */
const defaultPreventDestroy: readonly string[] = [
  'aws_db_instance',
  'aws_rds_cluster',
  'aws_docdb_cluster',
  'aws_neptune_cluster',
  'aws_redshift_cluster',
  'aws_elasticache_replication_group',
  'aws_opensearch_domain',
  'aws_dynamodb_table',
  'aws_efs_file_system',
  'aws_fsx_*',
  'aws_s3_bucket',
  'aws_ecr_repository',
  'aws_cognito_user_pool',
  'aws_kms_key',
  'aws_secretsmanager_secret',
  'aws_route53_zone',
];
const defaultMaxDestroys = 20;

/** What is protected where nothing says otherwise. */
export const defaultGuards: Guards = {
  preventDestroy: defaultPreventDestroy,
  maxDestroys: defaultMaxDestroys,
};

function guardsOf(
  file: InfraFile,
  own: {
    readonly 'prevent-destroy'?: string[] | undefined;
    readonly 'max-destroys'?: number | undefined;
  },
): Guards {
  return {
    preventDestroy:
      own['prevent-destroy'] ?? file.guards['prevent-destroy'] ?? defaultGuards.preventDestroy,
    maxDestroys: own['max-destroys'] ?? file.guards['max-destroys'] ?? defaultGuards.maxDestroys,
  };
}

/** The nearest lower rank that exists; a name without a rank comes after all that have one. */
function usualPredecessors(name: string, names: readonly string[]): readonly string[] {
  const own = rankOf(name) ?? ranks.length;
  const lower = names.filter((other) => (rankOf(other) ?? ranks.length) < own);
  const nearest = Math.max(...lower.map((other) => rankOf(other) ?? ranks.length));
  return lower.filter((other) => (rankOf(other) ?? ranks.length) === nearest);
}

/** Each behind those it is `after`, otherwise as written. Names on a cycle come last, as written. */
function inPromotionOrder(
  environments: readonly EnvironmentConfig[],
): readonly EnvironmentConfig[] {
  const ordered: EnvironmentConfig[] = [];
  let open = environments;
  while (open.length > 0) {
    const waiting = new Set(open.map(({ name }) => name));
    const ready = open.filter(({ after }) => !after.some((name) => waiting.has(name)));
    const [next] = ready.length > 0 ? ready : open;
    if (next === undefined) break;
    ordered.push(next);
    open = open.filter((environment) => environment !== next);
  }
  return ordered;
}
