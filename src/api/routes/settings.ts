import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ChangeSetting, ChangeSettings, Setting, SettingList, SettingName } from '../../contracts/setting.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { changeSetting, changeSettings, resetSetting } from '../../services/settings/change-settings.ts';
import { getSetting, listSettings } from '../../services/settings/read-settings.ts';
import { settingRevision, settingsRevision } from '../../services/settings/show-setting.ts';
import { body, json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { CHANGE_SETTING, CHANGE_SETTINGS, SETTING } from '../examples/settings.ts';

const tags = ['settings'];
const params = z.object({ key: SettingName });
const OTHER_PROCESSES = 'This process obeys it at once, others within ten seconds.';

export const settingRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/',
          tags,
          operationId: 'listSettings',
          summary: 'List the settings',
          access: 'settings.write',
          etag: 'gives',
        },
        { 200: json(SettingList, 'All of them, by name', { data: [SETTING] }) },
      ),
      async (c) =>
        c.json(
          tagged(c, { data: await listSettings(deps, c.get('caller')) }, ({ data }) => settingsRevision(data)),
          200,
        ),
    )
    .openapi(
      route(
        {
          method: 'patch',
          path: '/',
          tags,
          operationId: 'changeSettings',
          summary: 'Change several settings',
          description: `All of them or, when one is refused, none. The ETag is that of the whole list. ${OTHER_PROCESSES}`,
          access: 'settings.write',
          etag: 'takes',
          request: body(ChangeSettings, CHANGE_SETTINGS),
        },
        { 200: json(SettingList, 'Those that were named', { data: [SETTING] }) },
      ),
      async (c) => {
        const { settings, revision } = await changeSettings(deps, c.get('caller'), c.req.valid('json'), c.get('expected'));
        return c.json(
          tagged(c, { data: settings }, () => revision),
          200,
        );
      },
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{key}',
          tags,
          operationId: 'getSetting',
          summary: 'Read a setting',
          access: 'settings.write',
          etag: 'gives',
          request: { params },
        },
        { 200: json(Setting, 'The setting', SETTING) },
      ),
      async (c) => c.json(tagged(c, await getSetting(deps, c.get('caller'), c.req.valid('param').key), settingRevision), 200),
    )
    .openapi(
      route(
        {
          method: 'put',
          path: '/{key}',
          tags,
          operationId: 'changeSetting',
          summary: 'Change a setting',
          description: OTHER_PROCESSES,
          access: 'settings.write',
          etag: 'takes',
          request: { params, ...body(ChangeSetting, CHANGE_SETTING) },
        },
        { 200: json(Setting, 'The setting as it is now', SETTING) },
      ),
      async (c) => {
        const setting = await changeSetting(deps, c.get('caller'), c.req.valid('param').key, c.req.valid('json'), c.get('expected'));
        return c.json(tagged(c, setting, settingRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{key}',
          tags,
          operationId: 'removeSettingValue',
          summary: 'Give a setting its default',
          description: OTHER_PROCESSES,
          access: 'settings.write',
          etag: 'takes',
          request: { params },
        },
        { 204: { description: 'It has the value that this version of OpsConductor begins with' } },
      ),
      async (c) => {
        await resetSetting(deps, c.get('caller'), c.req.valid('param').key, c.get('expected'));
        return c.body(null, 204);
      },
    );
