import pluginJson from './plugin.json';

export const PLUGIN_ID = pluginJson.id;
export const DATASOURCE_ID = 'mureon-amadeus-datasource';
export const APP_URL = `/a/${PLUGIN_ID}`;
export const CONFIG_URL = `/plugins/${PLUGIN_ID}`;
export const NEW_DATASOURCE_URL = `/connections/datasources/${DATASOURCE_ID}`;

export const pageUrls = {
  overview: `${APP_URL}/overview`,
  finops: `${APP_URL}/finops`,
  traffic: `${APP_URL}/traffic`,
  routing: `${APP_URL}/routing`,
  data: `${APP_URL}/data`,
} as const;
