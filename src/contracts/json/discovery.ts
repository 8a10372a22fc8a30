import { z } from 'zod';
import { CommunicationMethodType } from '../enums.ts';
import { SealedValue } from '../sealed-value.ts';
import { Text } from '../text.ts';
import { listOf, Port } from './shared.ts';

const networkRanges = () => listOf(z.union([z.cidrv4(), z.cidrv6()], 'must be a network such as 10.0.0.0/24')).min(1);
const portRanges = () => z.array(z.tuple([Port, Port]).refine(([from, to]) => from <= to, 'must go from the lower port to the higher'));
const ports = () => listOf(Port);

export const DiscoveryJobsNetworkRanges = networkRanges();
export const DiscoveryJobsPortRanges = portRanges();
export const DiscoveryJobsCommonPorts = ports();
/** A sealed JSON list of community strings. */
export const DiscoveryJobsSnmpCommunitiesSealed = SealedValue;

export const DiscoveryTemplatesNetworkRanges = networkRanges();
export const DiscoveryTemplatesPortRanges = portRanges();
export const DiscoveryTemplatesCommonPorts = ports();
/** A sealed JSON list of community strings. */
export const DiscoveryTemplatesSnmpCommunitiesSealed = SealedValue;

export const DiscoveredDevicesOpenPorts = ports();

const PortKey = z.string().refine((text) => Port.safeParse(Number(text)).success && String(Number(text)) === text, 'must be a port');

/** By port. */
export const DiscoveredDevicesServices = z.record(
  PortKey,
  z.strictObject({ service: Text(100), banner: Text(4_096), version: Text(255) }).partial(),
);

/** sysDescr and other answers by name. */
export const DiscoveredDevicesSnmpInfo = z
  .looseObject({ sysDescr: z.string().optional() })
  .refine((info) => !Object.keys(info).some((key) => /community/i.test(key)), 'must not hold the community');

/** Evidence, best first. */
export const DiscoveredDevicesClassification = z
  .array(z.strictObject({ device_type: Text(100).min(1), score: z.number().min(0), reasons: z.array(Text(1_000)) }))
  .refine((all) => all.every(({ score }, index) => index === 0 || score <= (all[index - 1]?.score ?? score)), 'must have the best first');

/** Best first. */
export const DiscoveredDevicesSuggestedCommunicationMethods = listOf(CommunicationMethodType);
