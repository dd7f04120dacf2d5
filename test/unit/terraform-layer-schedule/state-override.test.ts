import {
  canStandIn,
  overrideFile,
  standInFile,
} from '../../../actions/terraform-layer/terraform/state-override.js';
import { HclReader } from '../../../actions/terraform-layer/hcl/parse.js';
import { terraformParser } from '../../../actions/terraform-layer/hcl/parser-runtime.js';

describe('an override of data blocks', () => {
  it("is Terraform's language, whatever stands in the blocks", async () => {
    const reader = new HclReader(await terraformParser());
    const text = overrideFile([
      {
        name: 'a',
        backend: '"s3"',
        config: '{\n    # a comment }\n    key = "${var.a}/${"b"}.tfstate" // and another\n  }',
        workspace: undefined,
      },
      {
        name: 'b',
        backend: 'var.backend',
        config: 'merge(local.config, { key = <<-EOT\n  k\n  EOT\n  })',
        workspace: 'terraform.workspace # the same',
      },
    ]);
    expect(reader.check(text)).toBeUndefined();
    expect(text.match(/^data /gm)).toHaveLength(2);
  });

  it('takes names and paths as they are', async () => {
    const reader = new HclReader(await terraformParser());
    const text = standInFile([
      { key: 's3://b/${x} %{y} "q"\n\f', file: '/tmp/with space/${x}.tfstate' },
    ]);
    expect(reader.check(text)).toBeUndefined();
    expect(text).toContain('$${x} %%{y} \\"q\\"\\n\\u000c');
  });

  it('is possible for states whose identity Terraform can work out', () => {
    for (const key of ['s3://b/k', 'local:a/b', 'gcs://b/p', 'azurerm://a/c/k', 'cloud://h/o/w']) {
      expect(canStandIn(key)).toBe(true);
    }
    expect(canStandIn('http:0123456789abcdef')).toBe(false);
  });
});
