import base from './jest.config.mjs';

/** The same tests on the React of Grafana 13.2 and later; the build itself bundles no React and takes Grafana's. */
export default {
  ...base,
  moduleNameMapper: {
    ...base.moduleNameMapper,
    '^react(/.*)?$': 'react-19$1',
    '^react-dom(/.*)?$': 'react-dom-19$1',
  },
};
