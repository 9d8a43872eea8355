import base from './jest.config.mjs';

/** The same tests on the React of Grafana 13.2 and later; the build itself bundles no React and takes Grafana's. */
export default {
  ...base,
  moduleNameMapper: {
    ...base.moduleNameMapper,
    '^react(/.*)?$': '<rootDir>/react19/node_modules/react$1',
    '^react-dom(/.*)?$': '<rootDir>/react19/node_modules/react-dom$1',
  },
};
