/** Whether a file name is one of Terraform's or OpenTofu's configuration files, native or JSON. */
export function isConfigurationFile(name: string): boolean {
  return (
    name.endsWith('.tf') ||
    name.endsWith('.tofu') ||
    name.endsWith('.tf.json') ||
    name.endsWith('.tofu.json')
  );
}

/** Sorted, override files last; `x.tofu` stands in for `x.tf`, as OpenTofu has it. */
export function configurationFiles(names: readonly string[]): readonly string[] {
  const all = names.filter(isConfigurationFile).sort();
  const hasTwin = all.some((name) => name.includes('.tofu'));
  const kept = hasTwin ? all.filter((name) => !all.includes(twinOf(name))) : all;
  if (!kept.some((name) => name.includes('override'))) return kept;
  return [
    ...kept.filter((name) => !overrideName.test(name)),
    ...kept.filter((name) => overrideName.test(name)),
  ];
}

const overrideName = /(?:^|_)override\.(?:tf|tofu)(?:\.json)?$/;

/** OpenTofu's file that stands in for one of Terraform's; nothing for its own. */
function twinOf(name: string): string {
  return name.endsWith('.tf') || name.endsWith('.tf.json')
    ? name.replace(/\.tf(\.json)?$/, '.tofu$1')
    : '';
}
