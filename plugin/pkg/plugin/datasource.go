// Package plugin translates Grafana's data source calls into calls of the Amadeus service. Rules of the business live there.
package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
)

// ID is the data source's plugin id.
const ID = "mureon-amadeus-datasource"

const identityHeader = "X-Grafana-Id"

var resourcePath = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*(/[A-Za-z0-9_-]+)*$`)

// Datasource is one configured data source.
type Datasource struct {
	service *service
	// broken holds what is wrong with the settings; every call answers with it until they are corrected.
	broken error
}

var (
	_ backend.QueryDataHandler      = (*Datasource)(nil)
	_ backend.CheckHealthHandler    = (*Datasource)(nil)
	_ backend.CallResourceHandler   = (*Datasource)(nil)
	_ instancemgmt.InstanceDisposer = (*Datasource)(nil)
)

// NewDatasource makes an instance from settings. Wrong settings are kept and shown by the health check and each query.
func NewDatasource(ctx context.Context, instance backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	s, err := loadSettings(instance)
	if err != nil {
		return &Datasource{broken: err}, nil
	}
	var client *http.Client
	options, err := instance.HTTPClientOptions(ctx)
	if err == nil {
		if options.Timeouts.Timeout <= 0 {
			options.Timeouts.Timeout = httpclient.DefaultTimeoutOptions.Timeout
		}
		client, err = httpclient.New(options)
	}
	if err != nil {
		return &Datasource{broken: failure{kind: kindSettings, text: "The connection settings cannot be used: " + rootCause(err) + "."}}, nil
	}
	// A redirect would carry the token elsewhere; the answer is judged as it is.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Datasource{service: &service{base: s.URL, token: s.token, client: client}}, nil
}

// Dispose closes idle connections when the settings change.
func (d *Datasource) Dispose() {
	if d.service != nil {
		d.service.client.CloseIdleConnections()
	}
}

type queryContext struct {
	OrgID     int64      `json:"orgId"`
	User      *queryUser `json:"user,omitempty"`
	FromAlert bool       `json:"fromAlert,omitempty"`
}

type queryUser struct {
	Login string `json:"login"`
	Name  string `json:"name"`
	Role  string `json:"role"`
}

type queryRequest struct {
	Queries []map[string]json.RawMessage `json:"queries"`
	Context queryContext                 `json:"context"`
}

// QueryData posts the queries to the service in one request and returns its frames. Where the request as a whole fails,
// every query answers with that failure.
func (d *Datasource) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	response := backend.NewQueryDataResponse()
	body := queryRequest{Queries: make([]map[string]json.RawMessage, 0, len(req.Queries)), Context: contextOf(req.PluginContext)}
	body.Context.FromAlert = req.Headers["FromAlert"] == "true"
	for _, query := range req.Queries {
		model, err := modelOf(query)
		if err != nil {
			response.Responses[query.RefID] = failed(failure{kind: kindRequest, text: "The query cannot be read. Open it in the editor and save it again."})
			continue
		}
		body.Queries = append(body.Queries, model)
	}
	if len(body.Queries) == 0 {
		return response, nil
	}
	results, err := d.postQueries(ctx, body, req.GetHTTPHeader(identityHeader))
	for _, query := range req.Queries {
		if _, done := response.Responses[query.RefID]; done {
			continue
		}
		if err != nil {
			response.Responses[query.RefID] = failed(asFailure(err))
		} else if result, ok := results[query.RefID]; ok {
			response.Responses[query.RefID] = result
		}
	}
	return response, nil
}

func (d *Datasource) postQueries(ctx context.Context, body queryRequest, idToken string) (backend.Responses, error) {
	if d.broken != nil {
		return nil, d.broken
	}
	content, err := json.Marshal(body)
	if err != nil {
		return nil, failure{kind: kindRequest, text: "The query cannot be read. Open it in the editor and save it again."}
	}
	got, err := d.service.call(ctx, http.MethodPost, "/api/grafana/query", content, idToken)
	if err != nil {
		return nil, err
	}
	var decoded backend.QueryDataResponse
	if err := json.Unmarshal(got.body, &decoded); err != nil {
		return nil, failure{kind: kindService, text: "The answer of the Amadeus service is not understood. Service and plugin may be of different versions: " + rootCause(err) + "."}
	}
	return decoded.Responses, nil
}

// modelOf is the query as the editor saved it, with what Grafana decides at run time beside it.
func modelOf(query backend.DataQuery) (map[string]json.RawMessage, error) {
	model := map[string]json.RawMessage{}
	if len(query.JSON) > 0 {
		if err := json.Unmarshal(query.JSON, &model); err != nil {
			return nil, err
		}
	}
	delete(model, "datasource")
	set := func(name string, value any) {
		encoded, err := json.Marshal(value)
		if err == nil {
			model[name] = encoded
		}
	}
	set("refId", query.RefID)
	if query.QueryType != "" {
		set("queryType", query.QueryType)
	}
	set("from", query.TimeRange.From.UnixMilli())
	set("to", query.TimeRange.To.UnixMilli())
	set("intervalMs", query.Interval.Milliseconds())
	set("maxDataPoints", query.MaxDataPoints)
	return model, nil
}

func contextOf(plugin backend.PluginContext) queryContext {
	result := queryContext{OrgID: plugin.OrgID}
	if plugin.User != nil {
		result.User = &queryUser{Login: plugin.User.Login, Name: plugin.User.Name, Role: plugin.User.Role}
	}
	return result
}

func failed(f failure) backend.DataResponse {
	return backend.DataResponse{Error: f, ErrorSource: f.source(), Status: backend.Status(f.httpStatus())}
}

type health struct {
	Status  string         `json:"status"`
	Message string         `json:"message"`
	Details map[string]any `json:"details"`
}

// CheckHealth answers "Save & test": it names what is wrong, from the URL to the warehouse behind the service.
func (d *Datasource) CheckHealth(ctx context.Context, req *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	if d.broken != nil {
		return unhealthy(asFailure(d.broken)), nil
	}
	got, err := d.service.call(ctx, http.MethodGet, "/api/grafana/health", nil, req.GetHTTPHeader(identityHeader))
	if err != nil {
		return unhealthy(asFailure(err)), nil
	}
	var h health
	if err := json.Unmarshal(got.body, &h); err != nil || h.Status == "" {
		return unhealthy(notAmadeus(d.service.base, got.status)), nil
	}
	details, err := json.Marshal(h.Details)
	if err != nil || h.Details == nil {
		details = []byte("{}")
	}
	status := backend.HealthStatusError
	if h.Status == "ok" {
		status = backend.HealthStatusOk
	}
	return &backend.CheckHealthResult{Status: status, Message: h.Message, JSONDetails: details}, nil
}

func unhealthy(f failure) *backend.CheckHealthResult {
	details := fmt.Appendf(nil, `{"reason":%q,"status":%d}`, f.kind, f.status)
	return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: f.text, JSONDetails: details}
}

// CallResource forwards reads for editors and variables to /api/grafana/ of the service, and nothing else.
func (d *Datasource) CallResource(ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	if req.Method != http.MethodGet || !resourcePath.MatchString(req.Path) {
		return sendProblem(sender, failure{kind: kindRequest, status: http.StatusNotFound, text: "The data source has no such resource."})
	}
	if d.broken != nil {
		return sendProblem(sender, asFailure(d.broken))
	}
	path := "/api/grafana/" + req.Path
	if query := queryOf(req.URL); query != "" {
		path += "?" + query
	}
	got, err := d.service.call(ctx, http.MethodGet, path, nil, req.GetHTTPHeader(identityHeader))
	if err != nil {
		return sendProblem(sender, asFailure(err))
	}
	return sender.Send(&backend.CallResourceResponse{Status: got.status, Headers: jsonHeaders(), Body: got.body})
}

func sendProblem(sender backend.CallResourceResponseSender, f failure) error {
	body, err := json.Marshal(map[string]string{"message": f.text, "reason": string(f.kind)})
	if err != nil {
		return err
	}
	return sender.Send(&backend.CallResourceResponse{Status: f.httpStatus(), Headers: jsonHeaders(), Body: body})
}

func jsonHeaders() map[string][]string {
	return map[string][]string{"Content-Type": {"application/json"}}
}

// queryOf is the query part of a resource's URL, decoded and encoded anew so that nothing else passes.
func queryOf(raw string) string {
	parsed, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return parsed.Query().Encode()
}
