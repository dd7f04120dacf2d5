import {
  DescribeImageScanFindingsCommand,
  StartImageScanCommand,
  type DescribeImageScanFindingsResponse,
  type EnhancedImageScanFinding,
  type ImageScanFinding,
  type VulnerablePackage,
} from '@aws-sdk/client-ecr';
import { allPages } from '../../shared/pages.js';
import type { Scans } from '../ecr.js';
import type { Finding, ImageScan } from '../scan/image-scan.js';
import { toSeverity } from '../scan/severity.js';
import type { Calls } from './calls.js';

/** ECR API reference, "DescribeImageScanFindings": the most that one page holds. */
const pageLimit = 1000;

/** `Scans` over the AWS SDK. */
export function ecrScans({ client, abort, call }: Calls): Scans {
  return {
    async scanOf(repositoryName, imageDigest) {
      const input = { repositoryName, imageId: { imageDigest }, maxResults: pageLimit };
      const pages = await allPages(async (from) => {
        const page = await call<DescribeImageScanFindingsResponse | undefined>(
          'DescribeImageScanFindings',
          repositoryName,
          () => client.send(new DescribeImageScanFindingsCommand({ ...input, ...from }), abort),
          { ScanNotFoundException: () => undefined },
        );
        return page === undefined ? [[], undefined] : [[page], page.nextToken];
      });
      return pages.length === 0 ? undefined : toImageScan(pages);
    },

    startScan(repositoryName, imageDigest) {
      const command = new StartImageScanCommand({ repositoryName, imageId: { imageDigest } });
      return call<Awaited<ReturnType<Scans['startScan']>>>(
        'StartImageScan',
        repositoryName,
        async () => {
          await client.send(command, abort);
          return { kind: 'started' };
        },
        {
          LimitExceededException: () => ({ kind: 'scanned-today' }),
          UnsupportedImageTypeException: ({ message }) => ({
            kind: 'unsupported',
            reason: message,
          }),
          // The answer where the registry has enhanced scanning.
          ValidationException: ({ message }) => ({ kind: 'not-by-hand', reason: message }),
        },
      );
    },
  };
}

function toImageScan(pages: readonly DescribeImageScanFindingsResponse[]): ImageScan {
  const [first] = pages;
  const { status = 'UNKNOWN', description = '' } = first?.imageScanStatus ?? {};
  const lists = pages.flatMap(({ imageScanFindings }) =>
    imageScanFindings === undefined ? [] : [imageScanFindings],
  );
  const isEnhanced =
    status === 'ACTIVE' ||
    status === 'PENDING' ||
    lists.some(({ enhancedFindings }) => enhancedFindings !== undefined);
  return {
    type: isEnhanced ? 'enhanced' : 'basic',
    status,
    description,
    completedAt: first?.imageScanFindings?.imageScanCompletedAt?.getTime(),
    findings:
      lists.length === 0
        ? undefined
        : lists.flatMap(({ findings = [], enhancedFindings = [] }) => [
            ...findings.map((finding) => basicFinding(finding)),
            ...enhancedFindings.flatMap((finding) => enhancedFinding(finding)),
          ]),
  };
}

function basicFinding({ name, severity, uri, attributes = [] }: ImageScanFinding): Finding {
  const attribute = (wanted: string): string | undefined =>
    attributes.find(({ key }) => key === wanted)?.value;
  return {
    id: name ?? '(unnamed)',
    severity: toSeverity(severity),
    packageName: attribute('package_name') ?? '',
    installed: attribute('package_version'),
    fixed: undefined,
    url: uri,
    suppressed: false,
  };
}

/** One for each package; Inspector closes what is mended. */
function enhancedFinding(finding: EnhancedImageScanFinding): readonly Finding[] {
  if (finding.status === 'CLOSED') return [];
  const details = finding.packageVulnerabilityDetails;
  const base = {
    id: details?.vulnerabilityId ?? finding.title ?? finding.findingArn ?? '(unnamed)',
    severity: toSeverity(finding.severity),
    url: details?.sourceUrl,
    suppressed: finding.status === 'SUPPRESSED',
  };
  const packages: readonly VulnerablePackage[] = details?.vulnerablePackages ?? [];
  if (packages.length === 0) {
    return [{ ...base, packageName: '', installed: undefined, fixed: undefined }];
  }
  return packages.map((one) => ({
    ...base,
    packageName: one.name ?? '',
    installed: installedVersion(one),
    // Amazon Inspector API reference, "VulnerablePackage": a word where there is none.
    fixed: one.fixedInVersion === 'NotAvailable' ? undefined : one.fixedInVersion,
  }));
}

/** As package managers write it: `epoch:version-release`. */
function installedVersion({ epoch = 0, version, release }: VulnerablePackage): string | undefined {
  if (version === undefined) return undefined;
  return `${epoch > 0 ? `${epoch}:` : ''}${version}${release === undefined ? '' : `-${release}`}`;
}
