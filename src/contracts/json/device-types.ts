import { z } from 'zod';
import { CommunicationMethodType } from '../enums.ts';
import { Text } from '../text.ts';
import { listOf, Name, Port } from './shared.ts';

/** Recommended first. */
export const DeviceTypesCommunicationMethods = listOf(CommunicationMethodType);
export const DeviceTypesDiscoveryPorts = listOf(Port);
export const DeviceTypesDiscoveryOids = listOf(z.string().regex(/^[0-2](\.\d+)+$/, 'must be an OID such as 1.3.6.1.2.1.1.1.0'));
/** Names of services. */
export const DeviceTypesDiscoveryServices = listOf(Name);
/** Words in banners and sysDescr. */
export const DeviceTypesDiscoveryKeywords = listOf(Name);
export const DeviceTypesTags = listOf(Name);

/** What a device type made from the template begins with: all but its value. */
export const DeviceTypeTemplatesTemplateConfig = z
  .strictObject({
    label: Text(200).min(1),
    category: Text(50).min(1),
    description: Text(10_000).nullable(),
    communication_methods: DeviceTypesCommunicationMethods,
    discovery_ports: DeviceTypesDiscoveryPorts,
    discovery_oids: DeviceTypesDiscoveryOids,
    discovery_services: DeviceTypesDiscoveryServices,
    discovery_keywords: DeviceTypesDiscoveryKeywords,
    tags: DeviceTypesTags,
  })
  .partial();

/** Details of the last use. */
export const DeviceTypeUsageContextData = z.looseObject({ query: z.string().optional(), changed_fields: z.array(z.string()).optional() });
