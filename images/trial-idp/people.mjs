// Who can sign in here. For trial only: the passwords stand in this file.

export const people = {
  ada: {
    password: "ada-trial",
    claims: {
      name: "Ada Lovelace",
      preferred_username: "ada",
      email: "ada@trial.example",
      email_verified: true,
      groups: ["people", "admins"],
    },
  },
  grace: {
    password: "grace-trial",
    claims: {
      name: "Grace Hopper",
      preferred_username: "grace",
      email: "grace@trial.example",
      email_verified: true,
      groups: ["people"],
    },
  },
};
