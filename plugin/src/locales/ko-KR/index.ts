import budgets from './budgets.json';
import changes from './changes.json';
import events from './events.json';
import finops from './finops.json';
import healing from './healing.json';
import overview from './overview.json';
import prices from './prices.json';
import routing from './routing.json';
import scaling from './scaling.json';
import search from './search.json';
import shared from './shared.json';
import showback from './showback.json';
import sources from './sources.json';
import tagRules from './tag-rules.json';
import traffic from './traffic.json';
import units from './units.json';
import views from './views.json';

/** The Korean texts of the app. Each file holds those of an area, under first words that no other file has. */
export const korean = {
  ...shared,
  ...budgets,
  ...changes,
  ...events,
  ...finops,
  ...healing,
  ...overview,
  ...prices,
  ...routing,
  ...scaling,
  ...search,
  ...showback,
  ...sources,
  ...tagRules,
  ...traffic,
  ...units,
  ...views,
};
