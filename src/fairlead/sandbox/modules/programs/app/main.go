// Command app is the sample workload: a small web server whose behaviour is set by its environment.
//
//	APP_VERSION  what "/" answers, before the pod's name
//	SLOW_START   seconds until the program is healthy
//	UNHEALTHY    any value: never healthy
//	CRASH        exit code to end with, right after the start
//	CRASH_AFTER  seconds to wait before CRASH
//	PORT         port to listen on, 8080 by default
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
	go func() {
		<-stopped.Done()
		log.Print("app stops")
		// Endpoints learn of the end after we do: go on answering for a moment, so that a rollout loses no request.
		time.Sleep(2 * time.Second)
		_ = server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		log.Fatal(err)
	}
}

func handler(started time.Time, stopped context.Context) http.Handler {
	healthyFrom := started.Add(seconds("SLOW_START"))
	routes := http.NewServeMux()
	routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		log.Printf("%s %s", r.Method, r.URL.Path)
		fmt.Fprintf(w, "%s %s\n", os.Getenv("APP_VERSION"), os.Getenv("HOSTNAME"))
	})
	routes.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		healthy := os.Getenv("UNHEALTHY") == "" && time.Now().After(healthyFrom) && stopped.Err() == nil
		w.Header().Set("Content-Type", "application/json")
		if !healthy {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"healthy": healthy, "version": os.Getenv("APP_VERSION")})
	})
	return routes
}

func crash(code string) {
	time.Sleep(seconds("CRASH_AFTER"))
	number, err := strconv.Atoi(code)
	if err != nil {
		number = 1
	}
	log.Printf("app crashes with exit code %d, as CRASH says", number)
	os.Exit(number)
}

func seconds(name string) time.Duration {
	value, _ := strconv.ParseFloat(os.Getenv(name), 64)
	return time.Duration(value * float64(time.Second))
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
