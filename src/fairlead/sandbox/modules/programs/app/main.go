// Command app is the sample workload: a small web server whose behaviour is set by its environment.
//
//	APP_VERSION      what "/" answers, before the pod's name
//	SLOW_START       seconds until the program is ready and healthy
//	UNHEALTHY        any value: never healthy
//	UNHEALTHY_AFTER  seconds until it is no longer healthy
//	FAIL             any value: "/" answers with status 500
//	CRASH            exit code to end with, right after the start
//	CRASH_AFTER      seconds to wait before CRASH
//	DRAIN            seconds to go on answering when told to end, 2 by default
//	PORT             port to listen on, 8080 by default
//
// "/slow?seconds=N" begins its answer at once and ends it after N seconds. "/health" says whether the program is healthy,
// to any method; "/ready" only whether it takes requests, whatever its health is.
//
// The image holds no shell, so the program also looks around from inside a pod: "app resolve NAME" prints the
// addresses of a name, "app get URL" the answer to a request.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) == 3 {
		if err := look(os.Args[1], os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	serve()
}

func look(how, what string) error {
	if how == "resolve" {
		addresses, err := net.LookupHost(what)
		fmt.Println(strings.Join(addresses, "\n"))
		return err
	}
	answer, err := http.Get(what)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(os.Stdout, answer.Body)
	return err
}

func serve() {
	log.SetFlags(log.Ldate | log.Ltime | log.Lmicroseconds | log.LUTC)
	log.Printf("app %s starts", os.Getenv("APP_VERSION"))
	if code := os.Getenv("CRASH"); code != "" {
		go crash(code)
	}
	stopped, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	server := &http.Server{Addr: ":" + orElse(os.Getenv("PORT"), "8080"), Handler: handler(time.Now(), stopped)}
	drained := make(chan struct{})
	go func() {
		<-stopped.Done()
		log.Print("app stops")
		// Endpoints learn of the end after we do: go on answering for a moment, so that a rollout loses no request.
		// Meanwhile each answer tells its client to let go of the connection: one that is closed just when the next
		// request is on its way would lose that.
		time.Sleep(seconds("DRAIN", 2))
		_ = server.Shutdown(context.Background())
		close(drained)
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		log.Fatal(err)
	}
	<-drained
}

func handler(started time.Time, stopped context.Context) http.Handler {
	readyFrom := started.Add(seconds("SLOW_START", 0))
	ready := func() bool { return time.Now().After(readyFrom) && stopped.Err() == nil }
	routes := http.NewServeMux()
	routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		log.Printf("%s %s", r.Method, r.URL.Path)
		if os.Getenv("FAIL") != "" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		introduce(w)
	})
	routes.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		log.Printf("%s %s", r.Method, r.URL)
		introduce(w)
		_ = http.NewResponseController(w).Flush()
		wait, _ := strconv.ParseFloat(r.URL.Query().Get("seconds"), 64)
		time.Sleep(time.Duration(wait * float64(time.Second)))
		fmt.Fprintln(w, "end")
	})
	routes.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if !ready() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		introduce(w)
	})
	routes.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		healthy := os.Getenv("UNHEALTHY") == "" && ready() && !over(started, "UNHEALTHY_AFTER")
		w.Header().Set("Content-Type", "application/json")
		if !healthy {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"healthy": healthy, "version": os.Getenv("APP_VERSION")})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if stopped.Err() != nil {
			w.Header().Set("Connection", "close")
		}
		routes.ServeHTTP(w, r)
	})
}

func introduce(w io.Writer) {
	fmt.Fprintf(w, "%s %s\n", os.Getenv("APP_VERSION"), os.Getenv("HOSTNAME"))
}

func crash(code string) {
	time.Sleep(seconds("CRASH_AFTER", 0))
	number, err := strconv.Atoi(code)
	if err != nil {
		number = 1
	}
	log.Printf("app crashes with exit code %d, as CRASH says", number)
	os.Exit(number)
}

// over says whether the seconds of a setting have passed since a time; without the setting they never have.
func over(started time.Time, name string) bool {
	return os.Getenv(name) != "" && time.Since(started) > seconds(name, 0)
}

func seconds(name string, fallback float64) time.Duration {
	value, err := strconv.ParseFloat(os.Getenv(name), 64)
	if err != nil {
		value = fallback
	}
	return time.Duration(value * float64(time.Second))
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
