package plugin

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

const frames = `{"results":{"A":{"status":200,"frames":[{"schema":{"name":"traffic","refId":"A","meta":{"type":"timeseries-wide","typeVersion":[0,1]},
"fields":[{"name":"time","type":"time","typeInfo":{"frame":"time.Time"}},
{"name":"v","type":"number","typeInfo":{"frame":"float64","nullable":true},"labels":{"series":"actual"}}]},
"data":{"values":[[1795247115000,1795247175000],[1.5,null]]}}]},"B":{"status":400,"error":"no such workload","errorSource":"plugin"}}}`

func answering(t *testing.T, status int, contentType, body string, saw func(*http.Request, []byte)) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		if saw != nil {
			saw(r, content)
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server
}

func source(t *testing.T, jsonData, token string) *Datasource {
	t.Helper()
	instance, err := NewDatasource(context.Background(), backend.DataSourceInstanceSettings{
		JSONData: []byte(jsonData), DecryptedSecureJSONData: map[string]string{"token": token},
	})
	if err != nil {
		t.Fatal(err)
	}
	d, ok := instance.(*Datasource)
	if !ok {
		t.Fatal("not a Datasource")
	}
	t.Cleanup(d.Dispose)
	return d
}

func at(t *testing.T, server *httptest.Server) *Datasource {
	return source(t, `{"url":"`+server.URL+`/"}`, "secret-token")
}

func request(refIDs ...string) *backend.QueryDataRequest {
	req := &backend.QueryDataRequest{
		PluginContext: backend.PluginContext{OrgID: 3, User: &backend.User{Login: "ana", Name: "Ana", Role: "Viewer"}},
		Headers:       map[string]string{},
	}
	for _, refID := range refIDs {
		req.Queries = append(req.Queries, backend.DataQuery{
			RefID: refID, QueryType: "traffic", MaxDataPoints: 500, Interval: time.Minute,
			TimeRange: backend.TimeRange{From: time.UnixMilli(1_000), To: time.UnixMilli(61_000)},
			JSON:      []byte(`{"workload":"shop","datasource":{"uid":"x"},"refId":"old"}`),
		})
	}
	return req
}

func TestQueriesReachTheServiceWithRangeTokenAndIdentity(t *testing.T) {
	var body queryRequest
	var headers http.Header
	server := answering(t, 200, "application/json; charset=utf-8", frames, func(r *http.Request, content []byte) {
		headers = r.Header
		if r.URL.Path != "/api/grafana/query" || r.Method != http.MethodPost {
			t.Errorf("called %s %s", r.Method, r.URL.Path)
		}
		if err := json.Unmarshal(content, &body); err != nil {
			t.Error(err)
		}
	})
	req := request("A", "B")
	req.SetHTTPHeader("X-Grafana-Id", "signed")
	req.Headers["FromAlert"] = "true"
	res, err := at(t, server).QueryData(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	if headers.Get("Authorization") != "Bearer secret-token" || headers.Get("X-Grafana-Id") != "signed" {
		t.Errorf("headers %v", headers)
	}
	want := map[string]string{"refId": `"A"`, "queryType": `"traffic"`, "from": "1000", "to": "61000", "intervalMs": "60000", "maxDataPoints": "500", "workload": `"shop"`}
	for name, value := range want {
		if string(body.Queries[0][name]) != value {
			t.Errorf("%s is %s, want %s", name, body.Queries[0][name], value)
		}
	}
	if _, kept := body.Queries[0]["datasource"]; kept {
		t.Error("the data source reference was sent")
	}
	if body.Context.OrgID != 3 || body.Context.User.Login != "ana" || !body.Context.FromAlert {
		t.Errorf("context %+v", body.Context)
	}
	frame := res.Responses["A"].Frames[0]
	if frame.Fields[1].Len() != 2 || frame.Fields[1].At(1).(*float64) != nil || *frame.Fields[1].At(0).(*float64) != 1.5 {
		t.Errorf("frame %v", frame)
	}
	if b := res.Responses["B"]; b.Error == nil || b.Error.Error() != "no such workload" || b.ErrorSource != backend.ErrorSourcePlugin {
		t.Errorf("B is %+v", b)
	}
}

func TestAnUnreadableQueryDoesNotStopTheOthers(t *testing.T) {
	req := request("A", "X")
	req.Queries[1].JSON = []byte(`[]`)
	res, err := at(t, answering(t, 200, "application/json", frames, nil)).QueryData(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	if res.Responses["A"].Error != nil || res.Responses["X"].Error == nil {
		t.Errorf("got %+v", res.Responses)
	}
}

func TestFailuresNameWhatIsWrong(t *testing.T) {
	unused := httptest.NewServer(http.NotFoundHandler())
	unused.Close()
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		// The server notices that the caller went away only when the body has been read.
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(slow.Close)
	problem := `{"title":"The service cannot answer now","status":503,"detail":"ClickHouse is away","code":"UNAVAILABLE","help":"Wait for it","traceId":"t-1"}`
	cases := []struct {
		name   string
		source *Datasource
		says   string
		from   backend.ErrorSource
		status int
	}{
		{"no URL", source(t, `{}`, ""), "No service URL is set", backend.ErrorSourcePlugin, 400},
		{"not a URL", source(t, `{"url":"amadeus"}`, ""), "not a web address", backend.ErrorSourcePlugin, 400},
		{"a password in the URL", source(t, `{"url":"http://a:b@c"}`, ""), "carries a password", backend.ErrorSourcePlugin, 400},
		{"broken settings", source(t, `{"url":7}`, ""), "cannot be read", backend.ErrorSourcePlugin, 400},
		{"nothing listens", at(t, unused), "cannot be reached", backend.ErrorSourceDownstream, 502},
		{"unknown host", source(t, `{"url":"http://nowhere.invalid"}`, ""), "is not known", backend.ErrorSourceDownstream, 502},
		{"timeout", source(t, `{"url":"`+slow.URL+`","timeout":1}`, ""), "did not answer in time", backend.ErrorSourceDownstream, 504},
		{"token refused", at(t, answering(t, 401, "application/problem+json", `{"code":"UNAUTHENTICATED","traceId":"t-2"}`, nil)), "refused the token", backend.ErrorSourceDownstream, 502},
		{"no permission", at(t, answering(t, 403, "application/problem+json", `{"code":"FORBIDDEN","detail":"cost:read is missing"}`, nil)), "cost:read is missing.", backend.ErrorSourceDownstream, 403},
		{"warehouse away", at(t, answering(t, 503, "application/problem+json", problem, nil)), "ClickHouse is away. Wait for it. Trace id: t-1", backend.ErrorSourceDownstream, 503},
		{"another server", at(t, answering(t, 200, "text/html", "<html>", nil)), "not as the Amadeus service", backend.ErrorSourceDownstream, 502},
		{"another server's 404", at(t, answering(t, 404, "text/html", "<html>", nil)), "not as the Amadeus service", backend.ErrorSourceDownstream, 404},
		{"an error without words", at(t, answering(t, 500, "text/plain", "x", nil)), "status 500", backend.ErrorSourceDownstream, 500},
		{"a redirect", at(t, answering(t, 302, "text/html", "", nil)), "not as the Amadeus service", backend.ErrorSourceDownstream, 302},
		{"frames of another version", at(t, answering(t, 200, "application/json", `{"results":{"A":{"future":1}}}`, nil)), "different versions", backend.ErrorSourceDownstream, 502},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			res, err := c.source.QueryData(context.Background(), request("A"))
			if err != nil {
				t.Fatal(err)
			}
			a := res.Responses["A"]
			if a.Error == nil || !strings.Contains(a.Error.Error(), c.says) {
				t.Fatalf("says %v, want %q", a.Error, c.says)
			}
			if strings.Contains(a.Error.Error(), "secret-token") {
				t.Error("the token is in the message")
			}
			if a.ErrorSource != c.from || int(a.Status) != c.status {
				t.Errorf("source %s status %d, want %s %d", a.ErrorSource, a.Status, c.from, c.status)
			}
			health, err := c.source.CheckHealth(context.Background(), &backend.CheckHealthRequest{})
			if err != nil || health.Status != backend.HealthStatusError || health.Message == "" {
				t.Errorf("health %+v %v", health, err)
			}
		})
	}
}

func TestAnAnswerWithoutEndIsCutOff(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		piece := strings.Repeat("x", 1<<20)
		for range maxAnswerBytes>>20 + 1 {
			if _, err := io.WriteString(w, piece); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	_, err := at(t, server).service.call(context.Background(), http.MethodGet, "/x", nil, "")
	if err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestHealthTellsWhatTheServiceSays(t *testing.T) {
	for status, want := range map[string]backend.HealthStatus{"ok": backend.HealthStatusOk, "error": backend.HealthStatusError} {
		server := answering(t, 200, "application/json", `{"status":"`+status+`","message":"12 rows","details":{"rows":12}}`, nil)
		got, err := at(t, server).CheckHealth(context.Background(), &backend.CheckHealthRequest{})
		if err != nil || got.Status != want || got.Message != "12 rows" || string(got.JSONDetails) != `{"rows":12}` {
			t.Errorf("%s: %+v %v", status, got, err)
		}
	}
}

func TestResourcesAreForwardedForReadingOnly(t *testing.T) {
	var saw []string
	server := answering(t, 200, "application/json", `{"values":[]}`, func(r *http.Request, _ []byte) { saw = append(saw, r.URL.RequestURI()) })
	d := at(t, server)
	call := func(method, path, url string) *backend.CallResourceResponse {
		var got *backend.CallResourceResponse
		sender := backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error { got = r; return nil })
		if err := d.CallResource(context.Background(), &backend.CallResourceRequest{Method: method, Path: path, URL: url}, sender); err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := call(http.MethodGet, "variables", "variables?type=values&dim=x_Team&search=a%26b"); got.Status != 200 || string(got.Body) != `{"values":[]}` {
		t.Errorf("got %+v", got)
	}
	if len(saw) != 1 || saw[0] != "/api/grafana/variables?dim=x_Team&search=a%26b&type=values" {
		t.Errorf("saw %v", saw)
	}
	for _, c := range [][2]string{{http.MethodPost, "variables"}, {http.MethodGet, "../changes"}, {http.MethodGet, "a/../../b"}, {http.MethodGet, ""}} {
		if got := call(c[0], c[1], c[1]); got.Status != 404 {
			t.Errorf("%v answered %d", c, got.Status)
		}
	}
	if len(saw) != 1 {
		t.Errorf("the service saw %v", saw)
	}
	refused := answering(t, 401, "application/problem+json", `{}`, nil)
	d = at(t, refused)
	if got := call(http.MethodGet, "variables", "variables"); got.Status != 502 || !strings.Contains(string(got.Body), "refused the token") {
		t.Errorf("got %+v", got)
	}
}
