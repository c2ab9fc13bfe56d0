// Go's clients: net/http, which retries no POST by itself, and hashicorp's retryablehttp with its defaults.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

func chosen(name string) *http.Client {
	if name == "net/http" {
		return &http.Client{Timeout: 5 * time.Second}
	}
	retrying := retryablehttp.NewClient()
	retrying.HTTPClient.Timeout = 5 * time.Second
	retrying.Logger = nil
	return retrying.StandardClient()
}

func main() {
	sender := chosen(os.Args[1])
	for _, name := range []string{"cart.opened", "order.placed", "payment.processed"} {
		body, _ := json.Marshal(map[string]any{
			"type":        "server",
			"application": map[string]string{"id": "app-1"},
			"event":       map[string]string{"name": name},
			"usr":         map[string]string{"id": "u1"},
		})
		request, err := http.NewRequest("POST", os.Getenv("DD_URL")+"/api/v2/prodlytics", bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		request.Header.Set("DD-API-KEY", os.Getenv("DD_API_KEY"))
		request.Header.Set("Content-Type", "application/json")
		response, err := sender.Do(request)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.StatusCode == 401 || response.StatusCode == 403 {
			return
		}
	}
}
