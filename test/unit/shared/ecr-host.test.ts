import { parseEcrHost } from '../../../actions/shared/ecr-host.js';

it.each([
  ['111111111111.dkr.ecr.eu-west-1.amazonaws.com', '111111111111', 'eu-west-1'],
  ['111111111111.dkr.ecr.cn-north-1.amazonaws.com.cn', '111111111111', 'cn-north-1'],
  ['111111111111.dkr.ecr-fips.us-east-1.amazonaws.com', '111111111111', 'us-east-1'],
])('%s is a registry of ECR', (host, registryId, region) => {
  expect(parseEcrHost(host)).toEqual({ registryId, region });
});

it.each(['public.ecr.aws', '127.0.0.1:5000', '1.dkr.ecr.eu-west-1.amazonaws.com.evil.example'])(
  '%s is none by its name',
  (host) => {
    expect(parseEcrHost(host)).toBeUndefined();
  },
);
