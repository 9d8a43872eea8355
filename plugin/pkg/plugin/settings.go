package plugin

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// settings is what a person enters on the data source's configuration page.
type settings struct {
	URL   string `json:"url"`
	token string
}

// loadSettings reads and checks the settings. Its errors are shown to the person who presses "Save & test".
func loadSettings(instance backend.DataSourceInstanceSettings) (settings, error) {
	var s settings
	if len(instance.JSONData) > 0 {
		if err := json.Unmarshal(instance.JSONData, &s); err != nil {
			return s, failure{kind: kindSettings, text: "The settings of the data source cannot be read. Save them again."}
		}
	}
	s.token = strings.TrimSpace(instance.DecryptedSecureJSONData["token"])
	s.URL = strings.TrimRight(strings.TrimSpace(s.URL), "/")
	if s.URL == "" {
		return s, failure{kind: kindSettings, text: "No service URL is set. Enter the address of the Amadeus service, for example http://amadeus:8080."}
	}
	parsed, err := url.Parse(s.URL)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") {
		return s, failure{kind: kindSettings, text: "The service URL is not a web address. It starts with http:// or https://, for example http://amadeus:8080."}
	}
	if parsed.User != nil {
		return s, failure{kind: kindSettings, text: "The service URL carries a password. Remove it and enter the token in its own field."}
	}
	return s, nil
}
